import type { Dispatcher } from "undici";
import { ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";
import type { Cookies } from "./cookies.ts";

export type Fetched<Body> =
  | { ok: true; finalUrl: string; status: number; body: Body }
  | { ok: false; finalUrl: string; status: number | null; error: ToolError };

/** What one request came to. */
export type Reply<Body> =
  | { kind: "done"; fetched: Fetched<Body> }
  | { kind: "redirect"; to: URL; status: number }
  /** `isBusy`: the server wants fewer requests, or none for `afterMs`; 0 where it does not say how long. */
  | { kind: "retry"; fetched: Fetched<Body>; isBusy: boolean; afterMs: number };

/** A reply that is an error: what is wrong, and when to ask again; undefined means never. */
export interface Refusal {
  error: ToolError;
  afterMs: number | undefined;
}

/** A reply whose head is there and whose body is not read yet. */
export interface OpenReply {
  url: URL;
  status: number;
  /** The header's value; the first where there are several, empty where there is none. */
  header: (name: string) => string;
  /** All values of a header that may come several times. */
  headers: (name: string) => string[];
  body: Dispatcher.ResponseData["body"];
}

export interface Exchange<Body> {
  userAgent: string;
  cookies: Cookies;
  /** What is sent to an address besides `user-agent`, names in lower case. */
  headersFor: (url: URL) => Readonly<Record<string, string>>;
  /** Sent by POST, on redirects too; without one it is a GET. */
  body?: string;
  /**
   * Make something of a reply that is no error, or of 304 where a condition was sent.
   *
   * @param untimed wait for what the server has no part in: it does not count against the deadline
   * @throws ToolError for one that is not wanted or cannot be read
   */
  receive: (reply: OpenReply, untimed: Untimed) => Promise<Body>;
  /** What to try where the server wants fewer requests. */
  whenLimited: string;
  /** Says more of a reply that is an error than its status does. It may read the body. */
  explain?: (reply: OpenReply, usual: Refusal) => Promise<Refusal>;
  untimed: Untimed;
  signal: AbortSignal;
}

export type Untimed = (wait: () => Promise<void>) => Promise<void>;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const busyStatuses = new Set([429, 503]);
const retryStatuses = new Set([...busyStatuses, 502, 504]);

/**
 * Ask once and read the reply.
 *
 * @throws whatever undici, the network or the guard throws, and the signal's reason
 */
export async function exchange<Body>(client: Dispatcher, url: URL, request: Exchange<Body>): Promise<Reply<Body>> {
  const cookie = request.cookies.header(url);
  const sent = {
    "user-agent": request.userAgent,
    ...request.headersFor(url),
    ...(cookie === "" ? {} : { cookie }),
  };
  const data = await untilAborted(client.request(requestOptions(url, sent, request)), request.signal);
  const setCookie = data.headers["set-cookie"];
  if (setCookie !== undefined) await request.cookies.keep(url, [setCookie].flat());
  const reply = openReply(url, data);
  const { status } = reply;
  const problem = problemOf(reply, "if-none-match" in sent || "if-modified-since" in sent, request.whenLimited);
  if (problem === undefined) return { kind: "done", fetched: await receive(reply, request) };
  const location = redirectStatuses.has(status) ? reply.header("location") : "";
  const afterMs = retryStatuses.has(status) ? retryAfterMs(reply) : undefined;
  const usual = { error: problem, afterMs };
  const refusal = (location === "" ? await request.explain?.(reply, usual) : undefined) ?? usual;
  await discardBody(reply);
  if (location !== "") return redirect(url, location, status);
  const fetched = failed(url, status, refusal.error);
  if (refusal.afterMs === undefined) return { kind: "done", fetched };
  const isBusy = busyStatuses.has(status) || refusal.afterMs > 0;
  return { kind: "retry", fetched, isBusy, afterMs: refusal.afterMs };
}

export function failed(url: URL, status: number | null, error: ToolError): Fetched<never> {
  return { ok: false, finalUrl: withoutUser(url), status, error };
}

/** An address that names a user is refused, and what it says of him is not told. */
function withoutUser(url: URL): string {
  if (url.username === "" && url.password === "") return url.href;
  const shown = new URL(url);
  shown.username = "***";
  shown.password = "";
  return shown.href;
}

function openReply(url: URL, { statusCode: status, statusText, headers, body }: Dispatcher.ResponseData) {
  const header = (name: string) => {
    const value = headers[name] ?? "";
    return typeof value === "string" ? value : (value[0] ?? "");
  };
  return { url, status, statusText, header, headers: (name: string) => [headers[name] ?? []].flat(), body };
}

function requestOptions(
  url: URL,
  headers: Record<string, string>,
  { signal, body }: Pick<Exchange<unknown>, "signal" | "body">,
): Dispatcher.RequestOptions {
  const sent = body === undefined ? { method: "GET" as const } : { method: "POST" as const, body };
  let interim = 0;
  const onInfo = () => {
    interim += 1;
    if (interim > maxInterim)
      throw new ToolError("http_error", `${url.host}: the server sent ${interim} interim replies (1xx) and no answer`);
  };
  return { origin: url.origin, path: `${url.pathname}${url.search}`, ...sent, signal, headers, onInfo };
}

/** Honest servers send one or two before their answer. */
const maxInterim = 100;

/** The caller hears of an abort at once: undici, for one, hears of it only once it is connected. */
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

function redirect(url: URL, location: string, status: number): Reply<never> {
  const to = URL.parse(location, url.href);
  if (to !== null) return { kind: "redirect", to, status };
  const error = new ToolError("http_error", `${url.host}: redirects to what is no address`);
  return { kind: "done", fetched: failed(url, status, error) };
}

/** Why a reply says that there is nothing to read. */
function problemOf(
  reply: OpenReply & { statusText: string },
  isConditional: boolean,
  whenLimited: string,
): ToolError | undefined {
  const { url, status, statusText } = reply;
  const answered = `${url.host}: the server answered ${status} ${cutText(statusText, 60)}`.trim() + waitOf(reply);
  if (status === 429) return new ToolError("rate_limited", `${answered}; ${whenLimited}`);
  const isAnswer = (status >= 200 && status < 300) || (status === 304 && isConditional);
  return isAnswer ? undefined : new ToolError("http_error", answered);
}

function waitOf(reply: OpenReply): string {
  const afterMs = retryStatuses.has(reply.status) ? retryAfterMs(reply) : 0;
  return afterMs === 0 ? "" : ` and wants to be left alone for ${Math.ceil(afterMs / 1_000)} s`;
}

/** `Retry-After` in seconds or as a date; 0 where there is none. */
function retryAfterMs(reply: OpenReply): number {
  const value = reply.header("retry-after").trim();
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}

async function receive<Body>(reply: OpenReply, request: Exchange<Body>): Promise<Fetched<Body>> {
  const { url, status } = reply;
  try {
    const body = await request.receive(reply, request.untimed);
    request.signal.throwIfAborted();
    return { ok: true, finalUrl: url.href, status, body };
  } catch (thrown) {
    request.signal.throwIfAborted();
    if (!(thrown instanceof ToolError)) throw thrown;
    await discardBody(reply);
    return failed(url, status, thrown);
  }
}

/** A short rest is read so that the connection can be used again; a long or slow one is not worth it. */
async function discardBody({ body }: OpenReply): Promise<void> {
  await body.dump({ limit: 16_384, signal: AbortSignal.timeout(100) }).catch(() => {});
}
