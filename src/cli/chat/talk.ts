import type { Agent } from "../../agent/agent.ts";
import type { RunResult } from "../../agent/events.ts";
import type { Provider } from "../../providers/provider.ts";
import type { SessionStore } from "../../session/store.ts";
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
  provider: Provider;
  spent: Spent;
}

export interface Spent {
  inputTokens: number;
  outputTokens: number;
  /** Of the last reply: how much of what the model reads the conversation fills. */
  contextTokens: number;
  /** Null once something was not counted. */
  usd: number | null;
}

export const nothingSpent: Spent = { inputTokens: 0, outputTokens: 0, contextTokens: 0, usd: 0 };

export function addTo(spent: Spent, { usage, cost_usd: usd }: Pick<RunResult, "usage" | "cost_usd">): Spent {
  return {
    ...spent,
    inputTokens: spent.inputTokens + usage.input_tokens,
    outputTokens: spent.outputTokens + usage.output_tokens,
    usd: spent.usd === null || usd === null ? null : spent.usd + usd,
  };
}

/** Model, context and cost in a line. */
export function statusOf({ provider, spent }: Talk): string {
  const tokens = spent.contextTokens === 0 ? [] : [`${shortCount(spent.contextTokens)} tokens`];
  const cost = spent.usd === null || spent.usd === 0 ? [] : [usdText(spent.usd)];
  return [provider.model, ...tokens, ...cost].join(" · ");
}

function shortCount(count: number): string {
  return count < 1_000 ? String(count) : `${(count / 1_000).toFixed(1)}k`;
}
