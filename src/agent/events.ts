import type { ErrorCode } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import type { StopReason } from "../providers/provider.ts";

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
  | { type: "model_replied"; turn: number; stop_reason: StopReason; usage: TokenUsage | null }
  | { type: "tool_started"; call_id: string; name: string; input: JsonValue }
  | ToolProgressEvent
  /** `text` is what the model is told. */
  | { type: "tool_finished"; call_id: string; name: string; ok: boolean; text: string; elapsed_ms: number }
  | ({ type: "run_finished" } & RunResult);

export interface ToolProgressEvent {
  type: "tool_progress";
  call_id: string;
  name: string;
  done: number;
  total?: number;
  message?: string;
}

export interface TokenUsage {
  input_tokens: number;
  output_tokens: number;
}

export type ExitReason = "finished" | "max_turns" | "max_tokens" | "cancelled" | "refused" | "error";

export interface RunResult {
  /** What the model said last. */
  text: string;
  session_id: string;
  exit_reason: ExitReason;
  /** Replies of the model. */
  turns: number;
  tool_calls: number;
  /** Of all turns, as far as the provider counts. */
  usage: TokenUsage;
  /** Only with `exit_reason` `error`. */
  error?: { code: ErrorCode; message: string };
}
