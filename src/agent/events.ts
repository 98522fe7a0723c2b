import type { ErrorCode } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import type { StopReason } from "../providers/provider.ts";
import type { TokenUsage } from "../token-usage.ts";

/**
 * What happens in a run, in its order, in the names in which it leaves the process as JSON. `run_finished` comes last
 * and exactly once. Of parallel tool calls each has its own `tool_started` … `tool_finished`, interleaved.
 */
export type AgentEvent =
  | { type: "turn_started"; session_id: string; turn: number }
  /** More of what the model says. */
  | { type: "text"; text: string }
  /** More of what the model thinks, where it shows that. */
  | { type: "reasoning"; text: string }
  | ({ type: "model_replied"; turn: number; stop_reason: StopReason; usage: TokenUsage | null } & AnsweredBy)
  /** The conversation was too long for the model: from now on a summary stands for its first `messages`. */
  | { type: "compacted"; messages: number }
  | { type: "tool_started"; call_id: string; name: string; input: JsonValue }
  | ToolProgressEvent
  /** `text` is what the model is told. */
  | { type: "tool_finished"; call_id: string; name: string; ok: boolean; text: string; elapsed_ms: number }
  | ({ type: "run_finished" } & RunResult);

/** Who gave a reply, and where it is a fallback because others just failed, what those said. */
export interface AnsweredBy {
  provider: string;
  model: string;
  fallback_reason?: string;
}

export interface ToolProgressEvent {
  type: "tool_progress";
  call_id: string;
  name: string;
  done: number;
  total?: number;
  message?: string;
}

export const exitReasons = [
  "finished",
  "max_turns",
  "max_usd",
  "max_tokens",
  "max_time",
  "repeating",
  "cancelled",
  "refused",
  "error",
] as const;

export type ExitReason = (typeof exitReasons)[number];

export interface RunResult {
  /** What the model said last. */
  text: string;
  /** The answer that was asked for by a schema, once it fits. */
  output?: JsonValue;
  session_id: string;
  exit_reason: ExitReason;
  /** Replies of the model. */
  turns: number;
  tool_calls: number;
  /** Who answered last; absent where nobody did. */
  provider?: string;
  model?: string;
  /** Of all turns, as far as the providers count; summaries and sub-agents included. */
  usage: TokenUsage;
  /** What all of it cost, sub-agents included; null where the model has no known price or was not counted. */
  cost_usd: number | null;
  /** Only with `exit_reason` `error`. */
  error?: { code: ErrorCode; message: string };
}
