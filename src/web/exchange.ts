import type { Agent, Dispatcher } from "undici";
import { ToolError } from "../errors.ts";
import { cutText } from "../text.ts";

export type Fetched =
  | {
      ok: true;
      finalUrl: string;
      status: number;
      contentType: string;
      contentEncoding: string;
      body: Uint8Array<ArrayBuffer>;
    }
  | { ok: false; finalUrl: string; status: number | null; error: ToolError };

/** What one request came to. */
export type Reply =
  | { kind: "done"; fetched: Fetched }
  | { kind: "redirect"; to: URL; status: number }
  | { kind: "retry"; fetched: Fetched; afterMs: number };

export interface Exchange {
  userAgent: string;
  acceptEncoding: string;
  /** Of the body as it comes over the wire. */
  maxBytes: number;
  /** What to do with a body that is longer. */
  overflow: "error" | "cut";
  /** Whether a body of this content type is worth reading. */
  isWelcome: (contentType: string) => boolean;
  signal: AbortSignal;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const retryStatuses = new Set([429, 502, 503, 504]);

/**
 * Ask once and read the reply.
 *
 * @throws whatever undici, the network or the guard throws, and the signal's reason
 */
export async function exchange(agent: Agent, url: URL, request: Exchange): Promise<Reply> {
  const reply = await untilAborted(agent.request(requestOptions(url, request)), request.signal);
  const { statusCode: status } = reply;
  const problem = problemOf(url, reply, request);
  if (problem === undefined) return { kind: "done", fetched: await receive(url, reply, request) };
  await discardBody(reply);
  const location = redirectStatuses.has(status) ? header(reply, "location") : "";
  if (location !== "") return redirect(url, location, status);
  const fetched = failed(url, status, problem);
  return retryStatuses.has(status)
    ? { kind: "retry", fetched, afterMs: retryAfterMs(reply) }
    : { kind: "done", fetched };
}

export function failed(url: URL, status: number | null, error: ToolError): Fetched {
  return { ok: false, finalUrl: url.href, status, error };
}

function tooLarge(url: URL, maxBytes: number): ToolError {
  return new ToolError("too_large", `${url.host}: the page is larger than ${maxBytes / 1_000_000} MB`);
}

function requestOptions(url: URL, { userAgent, acceptEncoding, signal }: Exchange): Dispatcher.RequestOptions {
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: "GET",
    signal,
    headers: {
      "user-agent": userAgent,
      accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
      "accept-encoding": acceptEncoding,
    },
  };
}

/** undici hears of an abort only once it is connected; the caller hears of it at once. */
async function untilAborted<Value>(pending: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function redirect(url: URL, location: string, status: number): Reply {
  const to = URL.parse(location, url.href);
  if (to !== null) return { kind: "redirect", to, status };
  const error = new ToolError("http_error", `${url.host}: redirects to what is no address`);
  return { kind: "done", fetched: failed(url, status, error) };
}

/** Why a reply's body is not wanted. */
function problemOf(url: URL, reply: Dispatcher.ResponseData, request: Exchange): ToolError | undefined {
  const { statusCode: status, statusText } = reply;
  const contentType = header(reply, "content-type");
  const answered = `${url.host}: the server answered ${status} ${cutText(statusText, 60)}`.trim();
  if (status === 429) return new ToolError("rate_limited", `${answered}; ask for fewer pages at a time with per_host`);
  if (status < 200 || status >= 300) return new ToolError("http_error", answered);
  if (!request.isWelcome(contentType)) {
    const type = cutText(contentType, 80);
    return new ToolError("unreadable", `${url.host}: the page is ${type}; only HTML, JSON and other text is read`);
  }
  const isLong = request.overflow === "error" && Number(header(reply, "content-length")) > request.maxBytes;
  return isLong ? tooLarge(url, request.maxBytes) : undefined;
}

/** `Retry-After` in seconds or as a date; 0 where there is none. */
function retryAfterMs(reply: Dispatcher.ResponseData): number {
  const value = header(reply, "retry-after").trim();
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}

/** A short rest is read so that the connection can be used again; a long or slow one is not worth it. */
async function discardBody(reply: Dispatcher.ResponseData): Promise<void> {
  await reply.body.dump({ limit: 16_384, signal: AbortSignal.timeout(100) }).catch(() => {});
}

async function receive(url: URL, reply: Dispatcher.ResponseData, request: Exchange): Promise<Fetched> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of reply.body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("undici gave a body that is not bytes");
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > request.maxBytes) break;
  }
  request.signal.throwIfAborted();
  if (sizeBytes > request.maxBytes && request.overflow === "error") {
    return failed(url, reply.statusCode, tooLarge(url, request.maxBytes));
  }
  return {
    ok: true,
    finalUrl: url.href,
    status: reply.statusCode,
    contentType: header(reply, "content-type"),
    contentEncoding: header(reply, "content-encoding"),
    body: join(chunks, Math.min(sizeBytes, request.maxBytes)),
  };
}

/** One buffer of its own, which can move to another thread; `Buffer.concat` may share one. */
function join(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk.subarray(0, sizeBytes - offset), offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** The header's value; the first where there are several, empty where there is none. */
function header(reply: Dispatcher.ResponseData, name: string): string {
  const value = reply.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
