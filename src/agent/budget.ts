import { ProviderError } from "../errors.ts";
import type { Usage } from "../message.ts";
import type { ModelReply, ModelRequest, Price, RequestMeter } from "../providers/provider.ts";
import { openAttempts, type BrokenReply } from "./attempts.ts";
import type { Estimate } from "./estimate.ts";
import type { Purse } from "./purse.ts";
import { inputUsd, priceFor } from "./usage.ts";

export interface BudgetOptions {
  purse: Purse;
  /** Replies of the model; summaries do not count. */
  maxTurns: number;
  /** The longest that one reply may be; undefined is as long as the service allows. */
  maxOutputTokens: number | undefined;
  /** Asked anew for each request: a provider may go over to another model. */
  price: () => Price | undefined;
  estimate: Estimate;
}

type SpendLimit = "max_tokens" | "max_usd";

/** What was set aside for one request. */
export type Reservation = { limit: "max_turns" | SpendLimit } | GrantedRequest;

export interface GrantedRequest {
  limit: undefined;
  /** What the reply may have; undefined where nothing limits it. */
  maxOutputTokens: number | undefined;
  /** What made that less than was wanted. */
  shortenedBy: SpendLimit | undefined;
  /** For the provider, which may ask more than once. */
  meter: RequestMeter;
  /** What did not pay for another attempt at it. */
  deniedBy(): SpendLimit | undefined;
  /** Pay for the reply, or for what was spent on one that did not come. To be called once. */
  settle(outcome: ModelReply | BrokenReply): void;
}

export function brokenReply(failure: unknown, text: string): BrokenReply {
  return { type: "broken", failure: failure instanceof ProviderError ? failure : undefined, text };
}

/** Asked before every request, so that none is sent that could cost more than what is left. */
export interface Budget {
  reserve(request: ModelRequest, kind: "turn" | "summary"): Reservation;
}

/** A reply shorter than this is of no use. */
const leastOutputTokens = 64;
/** What is set aside for a reply where nothing else says how long it may be. */
const usualOutputTokens = 32_768;

export function openBudget({ purse, maxTurns, maxOutputTokens, price, estimate }: BudgetOptions): Budget {
  let turns = 0;
  const onCounted = (usage: Usage) => purse.count(usage);
  return {
    reserve(request, kind) {
      if (kind === "turn" && turns >= maxTurns) return { limit: "max_turns" };
      const left = purse.left();
      const isLimited = left.tokens !== Infinity || left.usd !== Infinity;
      const inputTokens = isLimited ? estimate.of(request) : 0;
      const wanted = isLimited ? (maxOutputTokens ?? usualOutputTokens) : maxOutputTokens;
      const byTokens = left.tokens - inputTokens;
      const byUsd = left.usd === Infinity ? Infinity : affordable(left.usd, inputTokens, price());
      const allowed = Math.floor(Math.min(byTokens, byUsd));
      const limit = byTokens < byUsd ? "max_tokens" : "max_usd";
      if (allowed < Math.min(leastOutputTokens, wanted ?? Infinity)) return { limit };
      const isShortened = allowed < (wanted ?? Infinity);
      const granted = isShortened ? allowed : wanted;
      const attempts = openAttempts({ purse, isLimited, inputTokens, maxOutputTokens: granted, price, onCounted });
      return {
        limit: undefined,
        maxOutputTokens: granted,
        shortenedBy: isShortened ? limit : undefined,
        meter: attempts.meter,
        deniedBy: attempts.deniedBy,
        settle(outcome) {
          attempts.settle(outcome);
          if (outcome.type === "broken" || kind !== "turn") return;
          turns += 1;
          estimate.learn(request, outcome);
        },
      };
    },
  };
}

/** How long a reply may be for what is left once the input is paid, at its dearest. What has no price is too dear. */
function affordable(usd: number, inputTokens: number, usual: Price | undefined): number {
  if (usual === undefined) return -1;
  const price = priceFor(usual, inputTokens);
  const rest = usd - inputUsd(inputTokens, price);
  if (rest < 0) return -1;
  return price.output === 0 ? Infinity : (rest / price.output) * 1_000_000;
}
