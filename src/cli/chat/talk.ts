import type { Agent } from "../../agent/agent.ts";
import type { RunResult } from "../../agent/events.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Presence, SessionStore } from "../../session/store.ts";
import type { Desk } from "../approval/desk.ts";
import type { CommandContext } from "../command.ts";
import type { MarkdownStream } from "../terminal/stream.ts";
import type { Paint } from "../terminal/paint.ts";
import { usdText } from "../narrate.ts";
import type { ProgressReport } from "../progress.ts";

/** A conversation in the terminal: what it is about, and how it is shown. */
export interface Talk {
  context: CommandContext;
  /** Have what interrupts told to the listener, until the result is called. */
  onInterrupt(listener: () => void): () => void;
  agent: Agent;
  desk: Desk;
  store: SessionStore;
  paint: Paint;
  /** Write a line, which may be painted: what others wrote in it must be `printable`. */
  say(line: string): void;
  answer: MarkdownStream;
  report: ProgressReport;
  /** What commands change. */
  sessionId: string;
  /** Tells others that somebody is in the conversation; undefined where nobody else can be. */
  presence: Presence | undefined;
  /** The conversation that was entered, until it is left. */
  place: string | undefined;
  /** Messages that it held when it was shown here last. */
  knownMessages: number;
  provider: Provider;
  spent: Spent;
}

export interface Spent {
  inputTokens: number;
  outputTokens: number;
  /** Of the last reply: how much of what the model reads the conversation fills. */
  contextTokens: number;
  /** Of what was counted. */
  usd: number;
  /** Whether something was not counted: a turn that was cancelled, a model whose price is not known. */
  isMore: boolean;
}

export const nothingSpent: Spent = { inputTokens: 0, outputTokens: 0, contextTokens: 0, usd: 0, isMore: false };

export function addTo(spent: Spent, { usage, cost_usd: usd }: Pick<RunResult, "usage" | "cost_usd">): Spent {
  return {
    ...spent,
    inputTokens: spent.inputTokens + usage.input_tokens,
    outputTokens: spent.outputTokens + usage.output_tokens,
    usd: spent.usd + (usd ?? 0),
    isMore: spent.isMore || usd === null,
  };
}

/** Model, context and cost in a line. */
export function statusOf({ provider, spent }: Talk): string {
  const tokens = spent.contextTokens === 0 ? [] : [`${shortCount(spent.contextTokens)} tokens`];
  const known = spentText(spent);
  const cost = spent.usd === 0 || known === undefined ? [] : [known];
  return [provider.model, ...tokens, ...cost].join(" · ");
}

/** Undefined where nothing that was spent has a known price. */
export function spentText({ usd, isMore }: Spent): string | undefined {
  if (isMore) return usd === 0 ? undefined : `≥ ${usdText(usd)}`;
  return usdText(usd);
}

function shortCount(count: number): string {
  return count < 1_000 ? String(count) : `${(count / 1_000).toFixed(1)}k`;
}
