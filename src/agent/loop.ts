import { AxonerError, ProviderError, SessionConflictError, ToolError, type ErrorCode } from "../errors.ts";
import type { AssistantPart, Message, ToolCall, Usage } from "../message.ts";
import type { ModelReply, ModelRequest, ModelTool, Provider, StopReason } from "../providers/provider.ts";
import type { Budget } from "./budget.ts";
import type { AgentEvent, ExitReason, RunResult, TokenUsage } from "./events.ts";
import { runTools, type ToolRunOptions } from "./run-tools.ts";

export interface LoopOptions extends ToolRunOptions {
  provider: Provider;
  system: string | undefined;
  tools: readonly ModelTool[];
  conversation: Conversation;
  budget: Budget;
}

/** The messages of a session, and the way to add to them. */
export interface Conversation {
  readonly sessionId: string;
  /** Everything that was said so far; the list is never changed. */
  messages(): readonly Message[];
  /** Add to the messages and store them, together. */
  append(messages: readonly Message[]): Promise<void>;
}

/**
 * Let the model reply and run the tools it calls until it calls none or a limit is reached. Whatever goes wrong with
 * a tool is told to the model; what goes wrong with the model or the store ends the run and stands in `run_finished`.
 * A reply is stored together with the answers to all its calls, so the stored conversation is valid at every moment,
 * after an abort included. Leaving the iteration early stops everything; the turn in flight is not stored then.
 *
 * @throws what is no error of axoner: a defect
 */
export async function* runLoop(options: LoopOptions): AsyncGenerator<AgentEvent, void> {
  const tally: Tally = { text: "", turns: 0, tool_calls: 0, usage: { input_tokens: 0, output_tokens: 0 } };
  const ending = yield* takeTurns(options, tally);
  yield { type: "run_finished", session_id: options.conversation.sessionId, ...tally, ...ending };
}

type Tally = Pick<RunResult, "text" | "turns" | "tool_calls" | "usage">;
type Ending = Pick<RunResult, "exit_reason" | "error">;

async function* takeTurns(options: LoopOptions, tally: Tally): AsyncGenerator<AgentEvent, Ending> {
  const { conversation, budget, signal } = options;
  try {
    for (;;) {
      signal.throwIfAborted();
      const limit = budget.reached();
      if (limit !== undefined) return { exit_reason: limit };
      const reply = yield* askModel(options, tally);
      const calls = callsOf(reply.parts);
      tally.tool_calls += calls.length;
      const answers = calls.length === 0 ? [] : yield* runTools(calls, options);
      await conversation.append([{ role: "assistant", parts: reply.parts }, ...answers]);
      if (calls.length === 0) return { exit_reason: exitReasons[reply.stopReason] };
    }
  } catch (thrown) {
    return endingOf(thrown, signal);
  }
}

async function* askModel(options: LoopOptions, tally: Tally): AsyncGenerator<AgentEvent, ModelReply> {
  const { provider, conversation, budget, signal, system, tools } = options;
  const turn = tally.turns + 1;
  yield { type: "turn_started", session_id: conversation.sessionId, turn };
  const request: ModelRequest = { system, messages: conversation.messages(), tools };
  let reply: ModelReply | undefined;
  for await (const event of provider.stream(request, signal)) {
    if (event.type === "done") reply = event;
    else yield event;
  }
  if (reply === undefined) throw new ProviderError(`${provider.name} ended without a reply`, { retryable: true });
  budget.spend(request, reply);
  count(reply, tally);
  const usage = reply.usage ? toTokenUsage(reply.usage) : null;
  yield { type: "model_replied", turn, stop_reason: reply.stopReason, usage };
  return reply;
}

function count({ parts, usage }: ModelReply, tally: Tally): void {
  tally.turns += 1;
  tally.text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  tally.usage = {
    input_tokens: tally.usage.input_tokens + (usage?.inputTokens ?? 0),
    output_tokens: tally.usage.output_tokens + (usage?.outputTokens ?? 0),
  };
}

const exitReasons: Record<StopReason, ExitReason> = {
  end: "finished",
  tool_calls: "finished",
  length: "max_tokens",
  refusal: "refused",
};

function endingOf(thrown: unknown, signal: AbortSignal): Ending {
  if (signal.aborted) return { exit_reason: "cancelled" };
  if (!(thrown instanceof AxonerError)) throw thrown;
  return { exit_reason: "error", error: { code: codeOf(thrown), message: thrown.message } };
}

function codeOf(thrown: AxonerError): ErrorCode {
  if (thrown instanceof ToolError) return thrown.code;
  if (thrown instanceof ProviderError) return "provider_error";
  return thrown instanceof SessionConflictError ? "conflict" : "unavailable";
}

function callsOf(parts: readonly AssistantPart[]): ToolCall[] {
  return parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
}

function toTokenUsage({ inputTokens, outputTokens }: Usage): TokenUsage {
  return { input_tokens: inputTokens, output_tokens: outputTokens };
}
