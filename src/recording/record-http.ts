import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Dispatcher } from "undici";
import { cleanHeaders, cleanUrl } from "./clean-url.ts";
import { toFailure } from "./failure.ts";
import type { JsonObject } from "../message.ts";
import type { Recorder } from "./record.ts";

/** What tells HTTP requests apart: not their headers, which hold keys and what changes with every request. */
export function requestOf({ origin, path, method, body }: Dispatcher.DispatchOptions): JsonObject {
  const url = cleanUrl(`${String(origin ?? "")}${path}`);
  return { method, url, ...(typeof body === "string" ? { body } : {}) };
}

/** The same client, whose requests and replies are written down as they go by. */
export function recordClient(client: Dispatcher, recorder: Recorder): Dispatcher {
  return client.compose((dispatch) => (options, handler) => {
    const id = recorder.nextId();
    recorder.write({ kind: "asked", id, to: "http", request: requestOf(options) });
    recorder.begun(id);
    const reply = openReply(id, `${String(options.origin ?? "")}${options.path}`, recorder);
    return dispatch(unpacked(options), recorded(handler, reply));
  });
}

/** Nothing can be removed from a body that is compressed. */
function unpacked(options: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions {
  const { headers } = options;
  if (headers === null || headers === undefined || Symbol.iterator in headers) return options;
  return { ...options, headers: { ...headers, "accept-encoding": "identity" } };
}

type Reply = ReturnType<typeof openReply>;

function recorded(handler: Dispatcher.DispatchHandler, reply: Reply): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStarted: () => handler.onResponseStarted?.(),
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
    onResponseStart(controller, status, headers, reason) {
      // 1xx only announce the reply
      if (status >= 200) reply.head(status, headers, reason);
      return handler.onResponseStart?.(controller, status, headers, reason);
    },
    onResponseData(controller, chunk) {
      reply.data(chunk);
      return handler.onResponseData?.(controller, chunk);
    },
    onResponseEnd(controller, trailers) {
      reply.end({});
      return handler.onResponseEnd?.(controller, trailers);
    },
    onResponseError(controller, error) {
      // null where there was no connection yet
      const isLeft = (controller as Dispatcher.DispatchController | null)?.aborted === true && !isToolError(error);
      reply.end(isLeft ? { left: true } : { failure: toFailure(error) });
      return handler.onResponseError?.(controller, error);
    },
  };
}

/** Thrown while the reply came in, e.g. for too many interim ones: no deadline and no wish of the caller's. */
function isToolError(error: Error): boolean {
  return error.name === "ToolError";
}

type Headers = Record<string, string | string[] | undefined>;

/** What is kept of one reply. */
function openReply(id: string, address: string, { write, ended, veil }: Recorder) {
  const cover = veil.open();
  let packed: Packed | undefined;
  let isEnded = false;
  const keep = (chunk: Buffer) => {
    if (chunk.length > 0) write({ kind: "data", id, ...asText(chunk) });
  };
  return {
    head(status: number, headers: Headers, reason: string | undefined): void {
      packed = openPacked(headers);
      const kept = packed === undefined ? headers : withoutEncoding(headers);
      write({ kind: "head", id, status, headers: cleanHeaders(kept, address), ...(reason ? { reason } : {}) });
    },
    data(chunk: Uint8Array): void {
      if (packed === undefined) keep(cover.push(chunk));
      else packed.add(chunk);
    },
    end(how: { left?: true; failure?: ReturnType<typeof toFailure> }): void {
      if (isEnded) return;
      isEnded = true;
      if (packed !== undefined) keep(cover.push(packed.open()));
      keep(cover.end());
      write({ kind: "end", id, ...how });
      ended(id);
    },
  };
}

function asText(chunk: Buffer): { text: string } | { base64: string } {
  const text = chunk.toString("utf8");
  return Buffer.from(text, "utf8").equals(chunk) ? { text } : { base64: chunk.toString("base64") };
}

interface Packed {
  add(chunk: Uint8Array): void;
  /** All of it, unpacked. */
  open(): Buffer;
}

const maxUnpackedBytes = 256 * 1024 ** 2;

const unpack: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes, finishFlush: 2 }),
  br: (bytes) => brotliDecompressSync(bytes, { maxOutputLength: maxUnpackedBytes }),
  zstd: (bytes) => zstdDecompressSync(bytes, { maxOutputLength: maxUnpackedBytes }),
  deflate: (bytes) =>
    ((bytes[0] ?? 0) % 16 === 8 ? inflateSync : inflateRawSync)(bytes, { maxOutputLength: maxUnpackedBytes }),
};

/** A body that came compressed although nobody asked for that. One that cannot be unpacked stays out of the recording. */
function openPacked(headers: Headers): Packed | undefined {
  const encoding = String(headers["content-encoding"] ?? "identity")
    .trim()
    .toLowerCase()
    .replace(/^x-/, "");
  if (encoding === "identity" || encoding === "") return undefined;
  const chunks: Uint8Array[] = [];
  return {
    add: (chunk) => void chunks.push(chunk),
    open() {
      try {
        return unpack[encoding]?.(Buffer.concat(chunks)) ?? Buffer.alloc(0);
      } catch {
        return Buffer.alloc(0);
      }
    },
  };
}

function withoutEncoding({ "content-encoding": _encoding, "content-length": _length, ...others }: Headers): Headers {
  return others;
}
