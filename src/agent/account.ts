import { ToolError } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import type { AgentOptions, RunOptions } from "./agent.ts";
import { openBudget, type Budget } from "./budget.ts";
import type { ParentRun } from "./calling-run.ts";
import { noPrice } from "./check-agent.ts";
import { openEstimate, type Estimate } from "./estimate.ts";
import { openPurse, type Purse } from "./purse.ts";

export interface AccountOptions {
  options: AgentOptions;
  given: Pick<RunOptions, "maxTurns" | "maxUsd">;
  provider: Provider;
  parent: ParentRun | undefined;
}

/** What keeps one run within its limits. */
export interface Account {
  purse: Purse;
  estimate: Estimate;
  budget: Budget;
}

/** @throws ToolError `invalid_input` for a limit of money where the model has no known price */
export function openAccount({ options, given, provider, parent }: AccountOptions): Account {
  const { maxTokens, maxOutputTokens, maxTurns = 10 } = options;
  const purse = openPurse({ maxTokens, maxUsd: lower(options.maxUsd, given.maxUsd) }, parent?.purse);
  if (purse.left().usd !== Infinity && provider.price === undefined) {
    const others = options.maxUsd ?? parent?.purse.left().usd ?? Infinity;
    const advice = others === Infinity ? "leave out max_usd, set max_turns instead, or " : "";
    throw new ToolError("invalid_input", `${noPrice(provider)}; ${advice}choose another model`);
  }
  const estimate = openEstimate();
  const turns = lower(maxTurns, given.maxTurns) ?? maxTurns;
  const budget = openBudget({ purse, maxTurns: turns, maxOutputTokens, price: () => provider.price, estimate });
  return { purse, estimate, budget };
}

function lower(own: number | undefined, given: number | undefined): number | undefined {
  return own === undefined || given === undefined ? (own ?? given) : Math.min(own, given);
}
