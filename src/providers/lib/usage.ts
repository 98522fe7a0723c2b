import { z } from "zod";
import type { Usage } from "../../message.ts";

/** A number of tokens as services send it. What cannot be one was not told: no service owes tokens. */
export const count = z.int().min(0).nullish().catch(undefined);

type Details = "cachedInputTokens" | "cacheWriteTokens" | "reasoningTokens";
type Told = number | null | undefined;
type Counts = { [Key in "inputTokens" | "outputTokens" | Details]?: Told } & { totalTokens?: Told };

/**
 * What was counted; details that a service did not tell are left out. A part that is missing is taken from the total;
 * undefined where that is missing too, and where all is zero: no request is free, so that nothing was counted.
 */
export function usageOf({ totalTokens, inputTokens, outputTokens, ...details }: Counts): Usage | undefined {
  const known = Object.fromEntries(Object.entries(details).filter(([, tokens]) => typeof tokens === "number"));
  const rest = (part: number) => (totalTokens == null ? undefined : Math.max(0, totalTokens - part));
  if (inputTokens == null && outputTokens == null) {
    return totalTokens ? { inputTokens: 0, outputTokens: totalTokens, isSumOnly: true } : undefined;
  }
  const input = inputTokens ?? rest(outputTokens ?? 0);
  const output = outputTokens ?? rest(inputTokens ?? 0);
  if (input === undefined || output === undefined || input + output === 0) return undefined;
  return { inputTokens: input, outputTokens: output, ...known };
}
