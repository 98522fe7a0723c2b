import type { Usage } from "../message.ts";
import type { Price } from "../providers/provider.ts";
import type { TokenUsage } from "../token-usage.ts";

const counts = ["inputTokens", "outputTokens", "cachedInputTokens", "cacheWriteTokens", "reasoningTokens"] as const;

/** What one use and another come to. */
export function addUsage(sum: Usage, added: Usage): Usage {
  const total = { ...sum };
  for (const key of counts) {
    const count = added[key];
    if (count !== undefined) total[key] = (total[key] ?? 0) + count;
  }
  return total;
}

export function toTokenUsage(usage: Usage): TokenUsage {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    ...(cachedInputTokens === undefined ? {} : { cached_input_tokens: cachedInputTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoning_tokens: reasoningTokens }),
  };
}

/** What holds for a request whose input has so many tokens. */
export function priceFor(price: Price, inputTokens: number): Price {
  return price.long !== undefined && inputTokens > price.long.over ? price.long.price : price;
}

/** US dollars. */
export function costOf(
  { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 }: Usage,
  usual: Price,
): number {
  const price = priceFor(usual, inputTokens);
  const plain = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens);
  const cached = cachedInputTokens * price.cachedInput + cacheWriteTokens * price.cacheWrite;
  return (plain * price.input + cached + outputTokens * price.output) / 1_000_000;
}

/** What a request can cost at its dearest. */
export function mostOf(inputTokens: number, outputTokens: number, usual: Price | undefined) {
  const price = usual === undefined ? undefined : priceFor(usual, inputTokens);
  const usd = price === undefined ? 0 : inputUsd(inputTokens, price) + (outputTokens * price.output) / 1_000_000;
  return { tokens: inputTokens + outputTokens, usd };
}

/** What so much input costs at its dearest. */
export function inputUsd(inputTokens: number, price: Price): number {
  return (inputTokens * Math.max(price.input, price.cacheWrite)) / 1_000_000;
}
