import type { Duplex } from "node:stream";
import { isLongerThan } from "../text/bounded-json.ts";
import { AxonerError, ConfigError, errorMessage } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import type { Progress, ToolDefinition, ToolResult } from "../tools/tool.ts";
import type { CallOptions, Engine } from "./engine.ts";
import { isProgress, isToolResult, readFrames, send } from "./frames.ts";
import { tellsOfJob } from "./jobs/state.ts";

/*
 * The engine contract over a byte stream, one JSON object a line.
 *
 *   caller:  {open: settings}   {call: id, name, input, within}   {cancel: id}   {taken: id}
 *   engine:  {ready: definitions} or {failed: message}   {progress: id, update}   {result: id, value}   {closing}
 *
 * A call may be answered with a job, whose id the caller passes on. It says `taken` as it does so; until then the job is
 * stopped by `cancel`, which may cross the answer, and by the end of the connection.
 *
 * After `closing` the caller sends no further call, and ends the connection once those in flight are answered.
 *
 * Both ends are this program: a line that is none of these is a defect and ends the connection.
 */

/**
 * Serve the engine that `open` makes of the caller's settings. When the caller goes away its calls are stopped, the engine
 * is closed and `onClosed` is called.
 */
export function serveEngine(
  stream: Duplex,
  open: (settings: JsonValue) => Promise<Engine>,
  onClosed: () => void,
): void {
  /** In flight, or answered with a job that is not taken. */
  const running = new Map<number, AbortController>();
  let opening: Promise<Engine> | undefined;

  const start = async (settings: JsonValue) => {
    opening ??= open(settings);
    try {
      send(stream, { ready: await (await opening).definitions() });
    } catch (thrown) {
      send(stream, { failed: errorMessage(thrown) });
    }
  };
  const call = async (id: number, { name, input, within }: JsonObject) => {
    const abort = new AbortController();
    running.set(id, abort);
    // A caller that does not read costs no memory.
    const told = paced((update) => void (stream.writableNeedDrain || send(stream, { progress: id, update })));
    const options: CallOptions = {
      signal: abort.signal,
      progress: told.progress,
      ...(typeof within === "number" && { answerWithinMs: within }),
    };
    const value = await callOpened(opening, (engine) => engine.call(String(name), input, options));
    told.end();
    if (!tellsOfJob(value)) running.delete(id);
    send(stream, { result: id, value: bounded(String(name), value) });
  };
  const cancel = (id: number) => {
    running.get(id)?.abort();
    running.delete(id);
  };
  const end = async () => {
    for (const id of running.keys()) cancel(id);
    const engine = await opening?.catch(() => undefined); // why it did not open was said when it was asked to
    await engine?.close();
    onClosed();
  };

  readFrames(stream, {
    onFrame(frame) {
      if ("open" in frame) void start(frame["open"] ?? null);
      else if (typeof frame["call"] === "number") void call(frame["call"], frame);
      else if (typeof frame["cancel"] === "number") cancel(frame["cancel"]);
      else if (typeof frame["taken"] === "number") running.delete(frame["taken"]);
      else stream.destroy();
    },
    onClosed: () => void end(),
  });
}

const progressIntervalMs = 50;
/** Told one by one, however fast they come. */
const firstUpdates = 32;

/** Hands on progress no more often than anybody could look at it, and always the last: a scrape tells of each page. */
function paced(progress: CallOptions["progress"]): { progress: CallOptions["progress"]; end: () => void } {
  let count = 0;
  let toldAt = -Infinity;
  let untold: Progress | undefined;
  const tell = (update: Progress) => {
    untold = undefined;
    toldAt = performance.now();
    progress(update);
  };
  return {
    progress(update) {
      count += 1;
      if (count <= firstUpdates || performance.now() - toldAt >= progressIntervalMs) tell(update);
      else untold = update;
    },
    end: () => untold !== undefined && tell(untold),
  };
}

/** To read more than this would hold the caller up, which answers others meanwhile; no model is shown a hundredth of it. */
const maxResultChars = 8_000_000;

function bounded(name: string, result: ToolResult): ToolResult {
  if (!result.ok || !isLongerThan(result.value, maxResultChars)) return result;
  const message = `the result of ${name} has more than ${maxResultChars} characters; return a dataset (context.services.datasets) or less of it`;
  return { ok: false, code: "too_large", message };
}

async function callOpened(
  opening: Promise<Engine> | undefined,
  call: (engine: Engine) => Promise<ToolResult>,
): Promise<ToolResult> {
  try {
    if (opening === undefined) throw new Error("it was not told what to open");
    return await call(await opening);
  } catch (thrown) {
    return { ok: false, code: "unavailable", message: `the engine did not start: ${errorMessage(thrown)}` };
  }
}

/** An engine that has not answered this long after a cancel is stuck: it answers within half of it otherwise. */
const stuckAfterMs = 900;

/** An engine at the other end of a stream. */
export interface Connection extends Engine {
  /** Settles when the stream has closed, whoever closed it. */
  closed: Promise<void>;
  /** Whether the engine takes further calls: not where it has ended, or is about to. */
  takesCalls: () => boolean;
}

interface PendingCall {
  settle: (result: ToolResult) => void;
  progress: CallOptions["progress"];
}

/** Connect to a served engine. A lost connection answers every call in flight with `unavailable`. */
export function connectEngine(stream: Duplex, settings: JsonValue): Connection {
  const pending = new Map<number, PendingCall>();
  const ready = Promise.withResolvers<readonly ToolDefinition[]>();
  const closed = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined); // whoever asks for the definitions gets the error; nobody has to ask
  let lastId = 0;
  let lost: ToolResult | undefined;
  let isRetired = false;
  const endRetired = () => {
    if (isRetired && pending.size === 0) stream.end();
  };
  const forget = (id: number) => {
    pending.delete(id);
    endRetired();
  };

  readFrames(stream, {
    onFrame(frame) {
      const { ready: definitions, failed, progress: updatedId, result: id, closing, update, value } = frame;
      if (Array.isArray(definitions)) ready.resolve(definitions as unknown as readonly ToolDefinition[]);
      else if (typeof failed === "string") ready.reject(new ConfigError(failed));
      else if (typeof updatedId === "number" && isProgress(update)) pending.get(updatedId)?.progress(update);
      else if (typeof id === "number" && isToolResult(value)) pending.get(id)?.settle(value);
      else if (closing === true) {
        isRetired = true;
        endRetired();
      } else stream.destroy();
    },
    onClosed() {
      lost = {
        ok: false,
        code: "unavailable",
        message: "the engine process ended before it answered; call again, a new one starts by itself",
      };
      ready.reject(new AxonerError(lost.message));
      for (const call of pending.values()) call.settle(lost);
      closed.resolve();
    },
  });
  send(stream, { open: settings });

  return {
    closed: closed.promise,
    takesCalls: () => !isRetired && lost === undefined,
    definitions: () => ready.promise,
    call: async (name, input, options) =>
      lost ??
      callOver(stream, {
        pending,
        forget,
        closed: closed.promise,
        id: ++lastId,
        name,
        input: input as JsonValue,
        ...options,
      }),
    async close() {
      stream.end();
      await closed.promise;
    },
  };
}

interface OutgoingCall extends Omit<CallOptions, "caller"> {
  pending: Map<number, PendingCall>;
  /** Nothing more is said of the call. */
  forget: (id: number) => void;
  closed: Promise<void>;
  id: number;
  name: string;
  input: JsonValue;
}

async function callOver(stream: Duplex, outgoing: OutgoingCall): Promise<ToolResult> {
  const { pending, forget, closed, id, name, input, signal, progress, answerWithinMs: within } = outgoing;
  const { promise, resolve } = Promise.withResolvers<ToolResult>();
  let isHeld = false;
  const settle = (result: ToolResult) => {
    isHeld = tellsOfJob(result);
    if (isHeld) hold(stream, outgoing);
    // where it has aborted, `cancel` stops the job
    resolve(isHeld && signal.aborted ? { ok: false, code: "cancelled", message: `${name} was cancelled` } : result);
  };
  let givingUp: NodeJS.Timeout | undefined;
  const giveUp = () => {
    const message = `${name} was cancelled, and its engine, which did not notice, ended`;
    pending.delete(id);
    // not before the connection is gone: whoever calls next is to find a new engine
    void closed.then(() => resolve({ ok: false, code: "cancelled", message }));
    stream.destroy();
  };
  const cancel = () => {
    send(stream, { cancel: id });
    givingUp = setTimeout(giveUp, stuckAfterMs);
  };
  try {
    pending.set(id, { settle, progress });
    send(stream, { call: id, name, input, within });
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    return await promise;
  } catch (thrown) {
    return { ok: false, code: "invalid_input", message: `the arguments cannot be sent: ${errorMessage(thrown)}` };
  } finally {
    clearTimeout(givingUp);
    signal.removeEventListener("abort", cancel);
    if (!isHeld) forget(id);
  }
}

/** A call that was answered with a job: tell the engine whether that was passed on or given up. */
function hold(stream: Duplex, { id, signal, passedOn, forget }: OutgoingCall): void {
  const over = new AbortController();
  const tell = (frame: JsonObject) => () => {
    over.abort();
    send(stream, frame);
    forget(id);
  };
  if (signal.aborted) return forget(id); // it was told
  signal.addEventListener("abort", tell({ cancel: id }), { signal: over.signal });
  passedOn?.addEventListener("abort", tell({ taken: id }), { signal: over.signal });
}
