import { AxonerError, errorCodeOf } from "../errors.ts";
import type { ToolCall } from "../message.ts";
import type { Provider, StopReason } from "../providers/provider.ts";
import { callsOf } from "../session/said.ts";
import { answerCalls, declineCalls, finishCalls, type AnswerOptions } from "./answer-calls.ts";
import { repairPrompt } from "./answer-format.ts";
import { askModel, type AskOptions } from "./ask-model.ts";
import type { AgentEvent, ExitReason, RunResult } from "./events.ts";
import type { Purse } from "./purse.ts";
import { openRepeats } from "./repeats.ts";
import type { Asked } from "./request-reply.ts";
import type { RunClock } from "./run-clock.ts";
import { toTokenUsage } from "./usage.ts";

export interface LoopOptions extends Omit<AskOptions, "signal">, Omit<AnswerOptions, "signal" | "repeats"> {
  provider: Provider;
  purse: Purse;
  /** Equal tool calls of one run, after which it ends. */
  maxRepeats: number;
  /** Whoever started it stops it. */
  clock: RunClock;
  /** Calls of the last reply that an earlier run has not answered. */
  unanswered: readonly ToolCall[];
}

type TurnOptions = LoopOptions & { signal: AbortSignal };

/**
 * Let the model reply and run the tools it calls until it calls none or a limit is reached. Whatever goes wrong with
 * a tool is told to the model; what goes wrong with the model or the store ends the run and stands in `run_finished`.
 * Answers are stored as they come; after an abort, and where the iteration is left early, every call has one. Where
 * the process ends before they do, the next run of the session sees to it.
 *
 * @throws what is no error of axoner: a defect
 */
export async function* runLoop(options: LoopOptions): AsyncGenerator<AgentEvent, void> {
  const { conversation, clock, purse } = options;
  const tally: Tally = { text: "", turns: 0, tool_calls: 0 };
  const ending = yield* takeTurns({ ...options, signal: clock.signal }, tally);
  yield {
    type: "run_finished",
    session_id: conversation.sessionId,
    ...tally,
    usage: toTokenUsage(purse.counted()),
    cost_usd: purse.spentUsd() ?? null,
    ...ending,
    exit_reason: ending.exit_reason === "cancelled" ? clock.reason() : ending.exit_reason,
  };
}

/** What is told of a run that ended before its first turn. */
export function endBefore({ sessionId, reason }: { sessionId: string; reason: ExitReason }): AgentEvent {
  const nothing = { text: "", turns: 0, tool_calls: 0, usage: { input_tokens: 0, output_tokens: 0 }, cost_usd: 0 };
  return { type: "run_finished", session_id: sessionId, ...nothing, exit_reason: reason };
}

type Tally = Pick<RunResult, "text" | "turns" | "tool_calls" | "provider" | "model">;
type Ending = Pick<RunResult, "exit_reason" | "error" | "output">;

const maxRepairs = 2;

async function* takeTurns(given: TurnOptions, tally: Tally): AsyncGenerator<AgentEvent, Ending> {
  const { signal, unanswered } = given;
  const { conversation, isFailure } = watchStore(given.conversation);
  const options = { ...given, conversation };
  const repeats = openRepeats(options.maxRepeats);
  let repairs = 0;
  try {
    if (unanswered.length > 0) tally.tool_calls += yield* finishCalls(unanswered, { ...options, repeats });
    for (;;) {
      signal.throwIfAborted();
      const asked = yield* takeReply(options, tally);
      if (asked.type === "limit") return { exit_reason: asked.limit };
      const { reply } = asked;
      const calls = callsOf({ role: "assistant", parts: reply.parts });
      const reason = endingOfReply(asked);
      if (calls.length > 0 && reason !== "finished") {
        await declineCalls(reply, calls, { ...options, repeats });
        // cut off by the service's own limit: the model can do with less
        if (reason !== "max_tokens" || asked.shortenedBy !== undefined) return { exit_reason: reason };
      } else if (calls.length > 0) {
        tally.tool_calls += yield* answerCalls(reply.parts, calls, { ...options, repeats });
      }
      if (calls.length > 0) {
        if (repeats.reached()) return { exit_reason: "repeating" };
        continue;
      }
      await conversation.append([{ role: "assistant", parts: reply.parts }]);
      const ending = endingOfAnswer(asked, tally, options);
      if (!("problem" in ending)) return ending;
      if (repairs++ >= maxRepairs) return misfit(ending.problem);
      await conversation.append([{ role: "user", text: repairPrompt(ending.problem, ending.format) }]);
    }
  } catch (thrown) {
    return endingOf(thrown, signal.aborted && !isFailure(thrown));
  }
}

async function* takeReply(options: TurnOptions, tally: Tally): AsyncGenerator<AgentEvent, Asked> {
  const turn = tally.turns + 1;
  yield { type: "turn_started", session_id: options.conversation.sessionId, turn };
  const asked = yield* askModel(options);
  if (asked.type === "limit") return asked;
  const { parts, usage, stopReason } = asked.reply;
  tally.turns = turn;
  tally.text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const { name: provider, model } = asked.reply.servedBy ?? options.provider;
  tally.provider = provider;
  tally.model = model;
  const { failed } = asked.reply;
  const by = { provider, model, ...(failed === undefined ? {} : { fallback_reason: failed }) };
  yield { type: "model_replied", turn, stop_reason: stopReason, usage: usage ? toTokenUsage(usage) : null, ...by };
  return asked;
}

type Answered = Ending | { problem: string; format: NonNullable<LoopOptions["answerFormat"]> };

type Reply = Extract<Asked, { type: "reply" }>;

function endingOfReply({ reply, shortenedBy }: Reply): ExitReason {
  if (reply.stopReason === "length" && shortenedBy !== undefined) return shortenedBy;
  return stopped[reply.stopReason];
}

function endingOfAnswer(asked: Reply, { text }: Tally, { answerFormat: format }: LoopOptions): Answered {
  const reason = endingOfReply(asked);
  if (reason !== "finished" || format === undefined) return { exit_reason: reason };
  const answer = format.read(text);
  return answer.ok ? { exit_reason: reason, output: answer.value } : { problem: answer.problem, format };
}

function misfit(problem: string): Ending {
  const message = `the model's answer does not fit the output schema, after ${maxRepairs} repairs: ${problem}; simplify the schema or use another model`;
  return { exit_reason: "error", error: { code: "unreadable", message } };
}

const stopped: Record<StopReason, ExitReason> = {
  end: "finished",
  tool_calls: "finished",
  length: "max_tokens",
  refusal: "refused",
};

/** Tells what a store threw from the many ways in which work ends after an abort: it must not pass for one of them. */
function watchStore(given: LoopOptions["conversation"]) {
  let failure: unknown;
  const append: typeof given.append = async (messages) => {
    try {
      await given.append(messages);
    } catch (thrown) {
      failure = thrown;
      throw thrown;
    }
  };
  return { conversation: { ...given, append }, isFailure: (thrown: unknown) => thrown === failure };
}

function endingOf(thrown: unknown, isCancelled: boolean): Ending {
  if (isCancelled) return { exit_reason: "cancelled" };
  if (!(thrown instanceof AxonerError)) throw thrown;
  return { exit_reason: "error", error: { code: errorCodeOf(thrown), message: thrown.message } };
}
