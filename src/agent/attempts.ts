import type { ProviderError } from "../errors.ts";
import type { Usage } from "../message.ts";
import type { ModelReply, Price, RequestMeter, StartedAttempt } from "../providers/provider.ts";
import { estimateTokens } from "./count-tokens.ts";
import { estimateUsage } from "./estimate.ts";
import type { Purse } from "./purse.ts";
import { costOf, mostOf } from "./usage.ts";

/** A request without a whole reply. */
export interface BrokenReply {
  type: "broken";
  /** What the provider said; undefined after an abort and where the reply was not waited for. */
  failure: ProviderError | undefined;
  /** What was said until then. */
  text: string;
}

export interface AttemptsOptions {
  purse: Purse;
  /** Whether the purse has a limit, so that what is not counted is estimated. */
  isLimited: boolean;
  inputTokens: number;
  maxOutputTokens: number | undefined;
  /** Asked anew for each attempt: a provider may go over to another model. */
  price: () => Price | undefined;
  /** Told of all that a service counted. */
  onCounted: (usage: Usage) => void;
}

export interface Attempts {
  /** For the provider. */
  meter: RequestMeter;
  /** The limit that did not pay for another attempt, where one was asked for. */
  deniedBy(): "max_tokens" | "max_usd" | undefined;
  /** Pay for the last attempt. To be called once. */
  settle(outcome: ModelReply | BrokenReply): void;
}

/**
 * Pays for the attempts at one reply, each by itself, and sets aside what each may cost at most before it is made: an
 * attempt that broke off has cost something, and the next may cost all of it again.
 */
export function openAttempts(options: AttemptsOptions): Attempts {
  const { purse, isLimited, maxOutputTokens = 0, price, onCounted } = options;
  let { inputTokens } = options;
  const most = () => mostOf(inputTokens, maxOutputTokens, price());
  const hold = () => (isLimited ? purse.hold(most()) : () => undefined);
  let giveBack = hold();
  let deniedBy: ReturnType<Attempts["deniedBy"]>;
  let underWay: StartedAttempt | undefined;

  const spend = (usage: Usage, known: Price | undefined, isCounted: boolean) => {
    if (isCounted) onCounted(usage);
    purse.spend({
      tokens: usage.inputTokens + usage.outputTokens,
      usd: known === undefined ? 0 : costOf(usage, known),
      isUsdKnown: known !== undefined && isCounted && !usage.isSumOnly,
    });
  };

  const payBroken = (told: Usage | undefined, known: Price | undefined, uncountedText: string | undefined) => {
    const usage = told ?? underWay?.usage();
    const text = uncountedText ?? (underWay && "");
    underWay = undefined;
    if (usage !== undefined) spend(usage, known, true);
    else if (text !== undefined) {
      spend(isLimited ? { inputTokens, outputTokens: estimateTokens(text) } : nothing, known, false);
    } else if (known === undefined) spend(nothing, known, false);
    return usage;
  };

  return {
    meter: {
      started: (attempt) => (underWay = attempt),
      lost(attempt) {
        const wasCostly = underWay !== undefined || attempt.usage !== undefined;
        const usage = payBroken(attempt.usage, attempt.price ?? price(), undefined);
        if (!isLimited || !wasCostly) return deniedBy === undefined;
        // the service counts better than the estimate, and it will read the same again
        inputTokens = Math.max(inputTokens, usage?.inputTokens ?? 0);
        giveBack();
        const [left, next] = [purse.left(), most()];
        if (next.usd > left.usd) deniedBy = "max_usd";
        else if (next.tokens > left.tokens) deniedBy = "max_tokens";
        giveBack = deniedBy === undefined ? hold() : () => undefined;
        return deniedBy === undefined;
      },
    },
    deniedBy: () => deniedBy,
    settle(outcome) {
      giveBack();
      if (outcome.type === "broken") {
        const { failure, text } = outcome;
        const isUncounted = failure === undefined || text !== "";
        payBroken(failure?.usage, underWay?.price ?? price(), isUncounted ? text : undefined);
        return;
      }
      const usage = outcome.usage ?? (isLimited ? estimateUsage(inputTokens, outcome) : nothing);
      spend(usage, outcome.servedBy === undefined ? price() : outcome.servedBy.price, outcome.usage !== undefined);
    },
  };
}

const nothing: Usage = { inputTokens: 0, outputTokens: 0 };
