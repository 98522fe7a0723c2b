import type { Usage } from "../message.ts";
import { addUsage } from "./usage.ts";

/** Tokens and US dollars. */
export interface Amount {
  tokens: number;
  usd: number;
}

/** What can be spent on requests. A sub-agent's is part of its parent's, which they may draw on at the same time. */
export interface Purse {
  /** What is neither spent nor held; infinite without a limit. */
  left(): Amount;
  /** Set aside what a request may cost at most; the result gives it back. */
  hold(most: Amount): () => void;
  spend(amount: Amount & { isUsdKnown: boolean }): void;
  /** Undefined once something was spent that has no known price or was not counted. */
  spentUsd(): number | undefined;
  /** What a service counted. It limits nothing; `spend` does. */
  count(usage: Usage): void;
  /** All that was counted. */
  counted(): Usage;
}

export interface PurseLimits {
  maxTokens?: number | undefined;
  maxUsd?: number | undefined;
}

export function openPurse({ maxTokens = Infinity, maxUsd = Infinity }: PurseLimits, parent?: Purse): Purse {
  const spent: Amount = { tokens: 0, usd: 0 };
  const held: Amount = { tokens: 0, usd: 0 };
  let isUsdKnown = true;
  let counted: Usage = { inputTokens: 0, outputTokens: 0 };
  return {
    left() {
      const above = parent?.left() ?? { tokens: Infinity, usd: Infinity };
      return {
        tokens: Math.min(above.tokens, maxTokens - spent.tokens - held.tokens),
        usd: Math.min(above.usd, maxUsd - spent.usd - held.usd),
      };
    },
    hold(most) {
      add(held, most, 1);
      const giveBack = parent?.hold(most);
      return () => {
        add(held, most, -1);
        giveBack?.();
      };
    },
    spend(amount) {
      add(spent, amount, 1);
      isUsdKnown &&= amount.isUsdKnown;
      parent?.spend(amount);
    },
    spentUsd: () => (isUsdKnown ? spent.usd : undefined),
    count(usage) {
      counted = addUsage(counted, usage);
      parent?.count(usage);
    },
    counted: () => counted,
  };
}

function add(sum: Amount, { tokens, usd }: Amount, sign: 1 | -1): void {
  sum.tokens += sign * tokens;
  sum.usd += sign * usd;
}
