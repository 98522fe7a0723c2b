import type { Engine } from "../engine/engine.ts";
import type { AssistantPart, Message, ToolCall, ToolMessage } from "../message.ts";
import type { ModelReply } from "../providers/provider.ts";
import type { Conversation } from "./ask-model.ts";
import type { AgentEvent } from "./events.ts";
import { openKeeper } from "./keep-answers.ts";
import type { Repeats } from "./repeats.ts";
import { runTools, type ToolRunOptions } from "./run-tools.ts";
import { untilAbort } from "./until-abort.ts";

export interface AnswerOptions extends Omit<ToolRunOptions, "timesMade" | "keep" | "onUnderWay"> {
  conversation: Conversation;
  repeats: Repeats;
}

/** More calls of one reply than this are not run. */
const maxCallsPerReply = 128;

/**
 * Run the calls of a reply, and store it with their answers, each as it comes: what has finished is not done again
 * whatever happens then. Where a call may change something the reply is stored before any is made, so that one whose
 * end nobody saw is known of.
 *
 * @returns how many calls were run
 */
export async function* answerCalls(
  parts: AssistantPart[],
  calls: readonly ToolCall[],
  options: AnswerOptions,
): AsyncGenerator<AgentEvent, number> {
  const { conversation, engine, repeats } = options;
  const run = calls.slice(0, maxCallsPerReply);
  const keep = openKeeper(conversation.append);
  let before: Message[] = [{ role: "assistant", parts }];
  const store = (answers: readonly Message[]) => {
    const messages = [...before, ...answers];
    before = [];
    return keep(messages);
  };
  const changing = (await readOnlyOf(run, engine)).length < run.length;
  if (changing) await store([]);
  // answers are told apart by their ids alone: where two have the same one they are stored together, in their order
  const areApart = new Set(run.map(({ id }) => id)).size === run.length;
  const keepOne = (answer: ToolMessage) => (areApart ? store([answer]) : Promise.resolve());
  const answers = yield* runTools(run, {
    ...options,
    timesMade: repeats.count(run),
    onUnderWay: repeats.forgive,
    keep: keepOne,
  });
  const rest = [
    ...(areApart ? [] : answers),
    ...calls.slice(maxCallsPerReply).map((call) => notRun(call, calls.length)),
  ];
  if (rest.length > 0) await store(rest);
  return run.length;
}

/**
 * Answer calls that a run has left unanswered. What changes nothing is done again; of the others it is not known
 * whether they had happened, and the model is told so.
 *
 * @returns how many calls were run
 */
export async function* finishCalls(
  calls: readonly ToolCall[],
  options: AnswerOptions,
): AsyncGenerator<AgentEvent, number> {
  const { conversation, engine, repeats } = options;
  const again = await untilAbort(readOnlyOf(calls, engine), options.signal);
  const unknown = calls.filter((call) => !again.includes(call));
  const keep = openKeeper(conversation.append);
  if (unknown.length > 0) await keep(unknown.map(interruptedAnswer));
  yield* runTools(again, {
    ...options,
    timesMade: repeats.count(again),
    onUnderWay: repeats.forgive,
    keep: (answer) => keep([answer]),
  });
  return again.length;
}

/**
 * Store a reply that broke off before its end with an answer to each of its calls, none of which is made: what is
 * missing of one may be what keeps it from doing harm.
 */
export async function declineCalls(
  { parts, stopReason }: ModelReply,
  calls: readonly ToolCall[],
  { conversation, repeats }: AnswerOptions,
): Promise<void> {
  repeats.count(calls);
  const answers = calls.map(({ id, name }): Message => {
    const text =
      stopReason === "refusal"
        ? `ERROR not_allowed: ${name} was not called: the reply with this call ended as a refusal`
        : `ERROR too_large: the reply was cut off by the limit of its length, so ${name} was not called; make the call again in a shorter reply, with fewer calls or shorter arguments`;
    return { role: "tool", callId: id, name, ok: false, text };
  });
  await conversation.append([{ role: "assistant", parts }, ...answers]);
}

/** What the model is told of a call whose end nobody saw. */
export function interruptedAnswer({ id, name }: ToolCall): Message {
  const text = `ERROR cancelled: ${name} was under way when the run was interrupted, so it may have happened or not; find out before you make the call again`;
  return { role: "tool", callId: id, name, ok: false, text };
}

function notRun({ id, name }: ToolCall, count: number): Message {
  const text = `ERROR too_large: ${count} calls in one reply, of which the first ${maxCallsPerReply} were run; make this one again if it is still needed`;
  return { role: "tool", callId: id, name, ok: false, text };
}

async function readOnlyOf(calls: readonly ToolCall[], engine: Engine): Promise<ToolCall[]> {
  const definitions = await engine.definitions();
  const names = new Set(definitions.flatMap(({ name, hints }) => (hints.readOnly ? [name] : [])));
  return calls.filter(({ name }) => names.has(name));
}
