import type { Engine } from "../engine/engine.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import type { Progress, ToolResult } from "../tools/tool.ts";
import { errorReply, notification, resultReply, rpcErrors, type Request, type RequestId } from "./json-rpc.ts";
import { toCallToolResult } from "./result.ts";

export interface ToolCallsOptions {
  /** Opened by the first call. `trace` stands around each. */
  backend: () => Promise<ToolCallsBackend>;
  notify: (message: JsonObject) => void;
}

export interface ToolCallsBackend {
  engine: Engine;
  trace?: ToolCallTrace | undefined;
  /** As `CallOptions.answerWithinMs`, for a call whose client waits as long as it is told of progress, or may not. */
  answerWithinMs?: ((isPatient: boolean) => number | undefined) | undefined;
}

/** Tells of a call, and does not change it. */
export type ToolCallTrace = (traced: TracedCall, name: string, call: () => Promise<ToolResult>) => Promise<ToolResult>;

export interface TracedCall {
  id: RequestId;
  /** Of the request, `_meta` included. */
  params: Readonly<Record<string, unknown>>;
}

/** The `tools/call` requests in flight, by their id. */
export interface ToolCalls {
  /** Resolves with the reply, or undefined for a call that was cancelled. */
  answer(request: Request): Promise<JsonObject | undefined>;
  cancel(id: unknown): void;
  /** Cancel all of them. */
  abort(): void;
}

/** Progress is sent at most this often for one call. */
const progressIntervalMs = 100;
const maxCallsInFlight = 1_000;

export function openToolCalls({ backend, notify }: ToolCallsOptions): ToolCalls {
  const calls = new Map<RequestId, AbortController>();

  const run = async (request: Request, name: string, signal: AbortSignal) => {
    const receivedAt = performance.now();
    const { arguments: input, _meta: meta } = request.params;
    const { engine, trace, answerWithinMs } = await backend();
    const token = isJsonObject(meta) ? meta["progressToken"] : undefined;
    const progress = progressNotifier(token, (params) => notify(notification("notifications/progress", params)));
    const leftMs = timeLeft(answerWithinMs?.(isToken(token)), receivedAt);
    const passedOn = new AbortController();
    const how = { signal, passedOn: passedOn.signal, progress, answerWithinMs: leftMs };
    const call = () => engine.call(name, input, how);
    const result = await (trace?.(request, name, call) ?? call());
    if (signal.aborted) return undefined;
    const reply = resultReply(request.id, toCallToolResult(result));
    passedOn.abort("passed on"); // without a reason it makes an error with its stack
    return reply;
  };

  return {
    async answer(request) {
      const { id, params } = request;
      const { name } = params;
      if (typeof name !== "string") return errorReply(id, rpcErrors.invalidParams, 'tools/call needs "name", a string');
      if (calls.has(id)) {
        return errorReply(id, rpcErrors.invalidRequest, `the id ${JSON.stringify(id)} is in use by a call in flight`);
      }
      if (calls.size >= maxCallsInFlight) {
        const message = `${maxCallsInFlight} calls are in flight; wait for some of them and call again`;
        return resultReply(id, toCallToolResult({ ok: false, code: "unavailable", message }));
      }
      const abort = new AbortController();
      calls.set(id, abort);
      try {
        return await run(request, name, abort.signal);
      } finally {
        calls.delete(id);
      }
    },
    cancel(id) {
      if (typeof id === "string" || typeof id === "number") calls.get(id)?.abort();
    },
    abort() {
      for (const call of calls.values()) call.abort();
    },
  };
}

/** Sends progress for a call whose client asked for it: never falling, never more often than the interval. */
export function progressNotifier(token: unknown, send: (params: JsonObject) => void): (update: Progress) => void {
  if (!isToken(token)) return () => undefined;
  let sentAt = -Infinity;
  let sentDone = -Infinity;
  return ({ done, total, message }) => {
    const complete = done === total;
    if (done <= sentDone || (!complete && performance.now() - sentAt < progressIntervalMs)) return;
    sentAt = performance.now();
    sentDone = done;
    const details = { ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) };
    send({ progressToken: token, progress: done, ...details });
  };
}

/** How long a call may still take that was received at a time of `performance.now()`. */
export function timeLeft(wholeMs: number | undefined, receivedAt: number): number | undefined {
  return wholeMs === undefined ? undefined : Math.max(1, wholeMs - (performance.now() - receivedAt));
}

export function isToken(token: unknown): token is string | number {
  return typeof token === "string" || typeof token === "number";
}
