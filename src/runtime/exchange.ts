import type { Dispatcher } from "undici";
import type { BodyReader, HostRequest, HostResponse } from "../host.ts";

/** A body that nobody reads is taken in up to here, then its sender waits. */
const maxQueuedBytes = 1 << 18;

/**
 * One request and its reply, as `fetch` does it, redirects left to the caller. Without the web streams, header objects
 * and checks of `fetch`, which cost thousands of runs at once more than all the rest of a model call.
 *
 * Rejects with the signal's reason after an abort, also while the body is read; the connection is closed then.
 */
export function exchange(dispatcher: Dispatcher, url: URL, { signal, ...request }: HostRequest): Promise<HostResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HostResponse>();
  let controller: Dispatcher.DispatchController | undefined;
  const body = openBody(() => controller);
  const fail = (reason: unknown) => {
    signal.removeEventListener("abort", onAbort);
    reject(reason);
    body.fail(reason);
  };
  const onAbort = () => {
    fail(signal.reason);
    controller?.abort(abandoned);
  };
  if (signal.aborted) return Promise.reject(signal.reason);
  signal.addEventListener("abort", onAbort);

  const headers = { "accept-encoding": "identity", ...request.headers };
  const { method, body: sent = null } = request;
  const options = { origin: url.origin, path: url.pathname + url.search, method, headers, body: sent };
  dispatcher.dispatch(options, {
    onRequestStart(started) {
      controller = started;
      if (signal.aborted) started.abort(abandoned);
    },
    onResponseStart(_controller, status, received) {
      // 1xx only announce the response
      if (status >= 200) resolve(responseOf(status, received, body.reader));
    },
    onResponseData: (_controller, chunk) => body.push(chunk),
    onResponseEnd() {
      signal.removeEventListener("abort", onAbort);
      onceReusable(() => body.end());
    },
    onResponseError: (_controller, error) => fail(error),
  });
  return promise;
}

/**
 * undici lets a connection serve again in the next turn of the event loop. Whoever asks again at once would open another
 * one: ten thousand that do hold twice as many open.
 */
function onceReusable(work: () => void): void {
  // in the turn that undici takes it is this one that comes first
  setImmediate(() => setImmediate(work));
}

/** Nobody sees it: whoever leaves has its own reason. Made once, because a stack trace costs more than a request. */
const abandoned = new Error("the request was given up");

function responseOf(
  status: number,
  received: Record<string, string | string[] | undefined>,
  reader: BodyReader,
): HostResponse {
  const get = (name: string) => {
    const value = received[name];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  };
  const encoding = get("content-encoding")?.trim().toLowerCase() ?? "identity";
  const body = { getReader: () => (encoding === "identity" ? reader : decoded(reader, encoding)) };
  return { status, ok: status >= 200 && status < 300, headers: { get }, body };
}

/** A queue between the connection and whoever reads; one read waits at a time. */
function openBody(controllerOf: () => Dispatcher.DispatchController | undefined) {
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let isDone = false;
  let failure: { reason: unknown } | undefined;
  let waiting: PromiseWithResolvers<ReadResult> | undefined;

  const next = (): ReadResult | undefined => {
    const value = queue.shift();
    if (value === undefined) return isDone ? { done: true, value: undefined } : undefined;
    queuedBytes -= value.length;
    if (queue.length === 0) controllerOf()?.resume();
    return { done: false, value };
  };
  const wake = () => {
    const result = waiting && next();
    if (result === undefined) return;
    waiting?.resolve(result);
    waiting = undefined;
  };
  const reader: BodyReader = {
    read() {
      const result = next();
      if (result !== undefined) return Promise.resolve(result);
      if (failure !== undefined) return Promise.reject(failure.reason);
      waiting = Promise.withResolvers();
      return waiting.promise;
    },
    cancel() {
      const isWhole = isDone;
      isDone = true;
      queue = [];
      queuedBytes = 0;
      wake();
      // a connection whose reply was read to its end serves again
      if (!isWhole && failure === undefined) controllerOf()?.abort(abandoned);
      return Promise.resolve();
    },
  };
  return {
    reader,
    push(chunk: Uint8Array) {
      if (isDone) return;
      queue.push(chunk);
      queuedBytes += chunk.length;
      if (queuedBytes > maxQueuedBytes) controllerOf()?.pause();
      wake();
    },
    end() {
      isDone = true;
      wake();
    },
    fail(reason: unknown) {
      failure ??= { reason };
      waiting?.reject(failure.reason);
      waiting = undefined;
    },
  };
}

type ReadResult = Awaited<ReturnType<BodyReader["read"]>>;

/** Of services that compress unasked. */
function decoded(reader: BodyReader, encoding: string): BodyReader {
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel: () => reader.cancel(),
  });
  return packed.pipeThrough(new DecompressionStream(encoding === "x-gzip" ? "gzip" : (encoding as "gzip"))).getReader();
}
