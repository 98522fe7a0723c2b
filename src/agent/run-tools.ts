import pMap from "p-map";
import { boundedJson } from "../text/bounded-json.ts";
import type { Engine } from "../engine/engine.ts";
import { errorMessage } from "../errors.ts";
import { followAbort } from "../follow-abort.ts";
import { isJsonObject, type ToolCall, type ToolMessage } from "../message.ts";
import { cutText } from "../text/text.ts";
import type { CallingRun, Progress, ToolResult } from "../tools/tool.ts";
import type { RunApproval } from "./approval.ts";
import type { AgentEvent } from "./events.ts";
import { openChannel } from "./channel.ts";
import { picturesOf } from "./tool-pictures.ts";
import { startTimer } from "./timer.ts";
import type { TraceTool } from "./run-trace.ts";

export interface ToolRunOptions {
  engine: Engine;
  /** After an abort every call is answered at once, as cancelled. */
  signal: AbortSignal;
  /** How long one call may take. */
  toolTimeoutMs: number;
  /** The run, for the agents among the tools. */
  caller: CallingRun;
  /** Stands around each call. */
  traceTool?: TraceTool | undefined;
  /** Says which calls may be made; without it all of them. */
  approval?: RunApproval | undefined;
  /** How often each call of the run was made so far, this time included. */
  timesMade: readonly number[];
  /** Told of a call whose work goes on: it may be made again to ask for more. */
  onUnderWay(call: ToolCall): void;
  /** Told of each answer as it comes; the call has finished once this has resolved. A rejection ends all of them. */
  keep(answer: ToolMessage): Promise<void>;
}

const parallelCalls = 8;
/** Longer results are cut: the tools' own stay below, a plugin's might fill the model's window. */
const maxResultChars = 60_000;

/**
 * Run the tool calls of one reply, some at a time, and report on them. Returns one answer a call in their order,
 * whatever happens; what fails is an answer too.
 */
export async function* runTools(
  calls: readonly ToolCall[],
  given: ToolRunOptions,
): AsyncGenerator<AgentEvent, ToolMessage[]> {
  const { signal, timesMade } = given;
  const leaving = followAbort(signal);
  const events = openChannel<AgentEvent>(isLaterProgress);
  const options = { ...given, signal: leaving.signal, emit: events.push };
  const answers = pMap(calls, (call, index) => answer(call, timesMade[index] ?? 1, options), {
    concurrency: parallelCalls,
  });
  const ended = answers.finally(() => events.end());
  let isLeft = true;
  try {
    yield* events;
    const all = await ended;
    isLeft = false;
    return all;
  } finally {
    // left early, or one answer could not be kept
    if (isLeft) leaving.abort();
    try {
      await ended;
    } finally {
      leaving.release();
    }
  }
}

type CallOptions = Omit<ToolRunOptions, "timesMade"> & { emit: (event: AgentEvent) => void };

async function answer(call: ToolCall, times: number, options: CallOptions): Promise<ToolMessage> {
  const { id, name, input } = call;
  options.emit({ type: "tool_started", call_id: id, name, input });
  const refusal = isJsonObject(input) ? await options.approval?.check({ ...call, input }, options.signal) : undefined;
  // a person may have thought about it for long
  const startedAt = Date.now();
  const work = async () => refusal ?? (isJsonObject(input) ? callTool(call, options) : notAnObject(call));
  const result = await (options.traceTool?.(call, work) ?? work());
  if (refusal === undefined) await options.approval?.answered(call, result.ok);
  if (result.ok && result.value["status"] === "running") options.onUnderWay(call);
  const { pictures, note } = picturesOf(result);
  const text = resultText(result) + note + repeatNote(times);
  const elapsed_ms = Date.now() - startedAt;
  const images = pictures.length === 0 ? {} : { images: pictures };
  const refused = refusal === undefined ? {} : { refused: true as const };
  const answered: ToolMessage = { role: "tool", callId: id, name, ok: result.ok, text, ...images, ...refused };
  await options.keep(answered);
  options.emit({ type: "tool_finished", call_id: id, name, ok: result.ok, text, elapsed_ms });
  return answered;
}

async function callTool({ id, name, input }: ToolCall, options: CallOptions): Promise<ToolResult> {
  const { engine, signal, toolTimeoutMs, emit, caller } = options;
  const { signal: own, abort, release } = followAbort(signal);
  const stopTimer = startTimer(abort, toolTimeoutMs);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<ToolResult>();
  const onAbort = () => stop(signal.aborted ? cancelled(name) : timedOut(name, toolTimeoutMs));
  own.addEventListener("abort", onAbort, { once: true });
  const progress = (update: Progress) => {
    if (!own.aborted) emit({ type: "tool_progress", call_id: id, name, ...update });
  };
  try {
    if (own.aborted) return cancelled(name);
    return await Promise.race([stopped, engine.call(name, input, { signal: own, progress, caller })]);
  } finally {
    stopTimer();
    own.removeEventListener("abort", onAbort);
    release();
  }
}

function cancelled(name: string): ToolResult {
  return { ok: false, code: "cancelled", message: `${name} was cancelled before it had finished` };
}

function timedOut(name: string, toolTimeoutMs: number): ToolResult {
  const message = `${name} had not finished after ${toolTimeoutMs / 1000} s and was stopped; ask for less at once`;
  return { ok: false, code: "timeout", message };
}

function notAnObject({ name, input }: ToolCall): ToolResult {
  const problem = typeof input === "string" ? jsonProblem(input) : "";
  const message = `the arguments of ${name} are not a JSON object${problem}; send one, with every argument by its name`;
  return { ok: false, code: "invalid_input", message };
}

function jsonProblem(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (thrown) {
    return `: ${errorMessage(thrown)}`;
  }
}

function repeatNote(times: number): string {
  if (times < 2) return "";
  return `\n[You have made this very call ${times} times. Use what it returned, or change the arguments; the run ends if you go on.]`;
}

/** What the model reads: the result as JSON, or an error that says what to try. */
function resultText(result: ToolResult): string {
  if (!result.ok) return cutText(`ERROR ${result.code}: ${result.message}`, maxResultChars);
  const { text, isCut } = boundedJson(result.value, maxResultChars);
  return isCut ? `${text}… [cut: only the first ${maxResultChars} characters are shown; ask for less]` : text;
}

function isLaterProgress(last: AgentEvent, next: AgentEvent): boolean {
  return last.type === "tool_progress" && next.type === "tool_progress" && last.call_id === next.call_id;
}
