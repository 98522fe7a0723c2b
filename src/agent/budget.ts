import { ProviderError } from "../errors.ts";
import type { Usage } from "../message.ts";
import type { ModelReply, ModelRequest, Price } from "../providers/provider.ts";
import { estimateTokens, estimateUsage, type Estimate } from "./estimate.ts";
import type { Purse } from "./purse.ts";
import { costOf, priceFor } from "./usage.ts";

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
  /** Pay for the reply, or for what was spent on one that did not come. To be called once. */
  settle(outcome: ModelReply | BrokenReply): void;
}

/** A request without a whole reply. */
export interface BrokenReply {
  type: "broken";
  /** As far as the service told. */
  usage: Usage | undefined;
  /** What was said until then. */
  text: string;
}

export function brokenReply(failure: unknown, text: string): BrokenReply {
  return { type: "broken", usage: failure instanceof ProviderError ? failure.usage : undefined, text };
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
      const giveBack = isLimited ? purse.hold(mostOf(inputTokens, granted ?? 0, price())) : () => undefined;
      return {
        limit: undefined,
        maxOutputTokens: granted,
        shortenedBy: isShortened ? limit : undefined,
        settle(outcome) {
          giveBack();
          const spend = (usage: Usage, known: Price | undefined, isCounted: boolean) =>
            purse.spend({
              tokens: usage.inputTokens + usage.outputTokens,
              usd: known === undefined ? 0 : costOf(usage, known),
              isUsdKnown: known !== undefined && isCounted,
            });
          if (outcome.type === "broken") {
            const { usage, text } = outcome;
            if (usage !== undefined) spend(usage, price(), true);
            else if (isLimited && text !== "") {
              spend({ inputTokens, outputTokens: estimateTokens(text) }, price(), false);
            }
            return;
          }
          if (kind === "turn") {
            turns += 1;
            estimate.learn(request, outcome);
          }
          const usage = outcome.usage ?? (isLimited ? estimateUsage(inputTokens, outcome) : uncounted);
          spend(usage, outcome.servedBy === undefined ? price() : outcome.servedBy.price, outcome.usage !== undefined);
          if (outcome.lost !== undefined) spend(outcome.lost, price(), true);
        },
      };
    },
  };
}

const uncounted: Usage = { inputTokens: 0, outputTokens: 0 };

/** How long a reply may be for what is left once the input is paid, at its dearest. What has no price is too dear. */
function affordable(usd: number, inputTokens: number, usual: Price | undefined): number {
  if (usual === undefined) return -1;
  const price = priceFor(usual, inputTokens);
  const rest = usd - inputUsd(inputTokens, price);
  if (rest < 0) return -1;
  return price.output === 0 ? Infinity : (rest / price.output) * 1_000_000;
}

function mostOf(inputTokens: number, outputTokens: number, usual: Price | undefined) {
  const price = usual === undefined ? undefined : priceFor(usual, inputTokens);
  const usd = price === undefined ? 0 : inputUsd(inputTokens, price) + (outputTokens * price.output) / 1_000_000;
  return { tokens: inputTokens + outputTokens, usd };
}

function inputUsd(inputTokens: number, price: Price): number {
  return (inputTokens * Math.max(price.input, price.cacheWrite)) / 1_000_000;
}
