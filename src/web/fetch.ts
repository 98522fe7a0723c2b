import { setTimeout as pause } from "node:timers/promises";
import type { Agent } from "undici";
import { ToolError } from "../errors.ts";
import { guardedConnector } from "./connect.ts";
import { exchange, failed, type Exchange, type Fetched, type Reply } from "./exchange.ts";
import { failureOf } from "./failure.ts";
import type { Guard } from "./guard.ts";
import type { Gate } from "./politeness.ts";

/** Gets pages: guarded, gated, bounded in time and size, patient with servers that are busy. */
export interface Fetcher {
  /** Throws only when the run is aborted; whatever else goes wrong is in the answer. */
  get(request: FetchRequest): Promise<Fetched & { elapsedMs: number }>;
  /** Close every connection. */
  close(): Promise<void>;
}

export interface FetchRequest extends Pick<Exchange, "acceptEncoding" | "isWelcome" | "maxBytes" | "overflow"> {
  url: string;
  /** For the gate: which page of the run this is for. */
  order: number;
  /** For all attempts and redirects together; waiting for the gate does not count. */
  timeoutMs: number;
  /** Called before each address is requested, redirects included; the `ToolError` it throws is the answer. */
  admit: (url: URL) => Promise<void>;
}

export interface FetcherOptions {
  guard: Guard;
  gate: Gate;
  userAgent: string;
  /** Ends the run: every request stops, every socket closes. */
  signal: AbortSignal;
}

const maxRedirects = 5;
const maxRetries = 2;

export async function openFetcher(options: FetcherOptions): Promise<Fetcher> {
  const { Agent } = await import("undici");
  const agent = new Agent({
    connect: guardedConnector(options.guard, options.signal),
    allowH2: false,
    maxHeaderSize: 64 * 1024,
    // The deadline of the page stands in for both: drips and endless interim replies evade these.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async get(request) {
      const time = { leftMs: request.timeoutMs };
      const fetched = await follow(agent, options, request, time);
      return { ...fetched, elapsedMs: Math.round(request.timeoutMs - time.leftMs) };
    },
    close: () => agent.destroy(),
  };
}

async function follow(agent: Agent, options: FetcherOptions, request: FetchRequest, time: Time): Promise<Fetched> {
  let status: number | null = null;
  let url = new URL(request.url);
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    try {
      options.guard.checkUrl(url);
      await request.admit(url);
    } catch (thrown) {
      options.signal.throwIfAborted();
      if (!(thrown instanceof ToolError)) throw thrown;
      return failed(url, null, thrown);
    }
    const reply = await persist(agent, options, { ...request, url }, time);
    if (reply.kind !== "redirect") return reply.fetched;
    url = reply.to;
    status = reply.status;
  }
  return failed(url, status, new ToolError("http_error", `${url.host}: redirected more than ${maxRedirects} times`));
}

/** What a page has left of its timeout. */
interface Time {
  leftMs: number;
}

type Hop = Omit<FetchRequest, "url"> & { url: URL };

/** Ask again, later each time, while the server is or seems busy and there is time left. */
async function persist(
  agent: Agent,
  options: FetcherOptions,
  hop: Hop,
  time: Time,
): Promise<Exclude<Reply, { kind: "retry" }>> {
  for (let retries = 0; ; retries += 1) {
    const reply = await ask(agent, options, hop, time);
    if (reply.kind !== "retry") return reply;
    const pauseMs = Math.max(reply.afterMs, 250 * 2 ** retries * (0.5 + Math.random()));
    if (retries === maxRetries || pauseMs >= time.leftMs) return { kind: "done", fetched: reply.fetched };
    time.leftMs -= pauseMs;
    await pause(pauseMs, undefined, { signal: options.signal });
  }
}

/** One request in its turn and in what is left of its time. */
async function ask(agent: Agent, options: FetcherOptions, hop: Hop, time: Time): Promise<Reply> {
  const { url } = hop;
  const leave = await options.gate.enter(url.host, hop.order);
  const deadline = new AbortController();
  const abort = () => deadline.abort(options.signal.reason);
  const timer = setTimeout(() => deadline.abort(), time.leftMs);
  options.signal.addEventListener("abort", abort, { once: true });
  const startedAt = performance.now();
  try {
    return await exchange(agent, url, { ...hop, userAgent: options.userAgent, signal: deadline.signal });
  } catch (thrown) {
    options.signal.throwIfAborted();
    const { error, retryable } = deadline.signal.aborted ? outOfTime(hop) : failureOf(thrown, url);
    const fetched = failed(url, null, error);
    return retryable ? { kind: "retry", fetched, afterMs: 0 } : { kind: "done", fetched };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", abort);
    time.leftMs -= performance.now() - startedAt;
    leave();
  }
}

function outOfTime({ url, timeoutMs }: Hop): { error: ToolError; retryable: boolean } {
  const message = `${url.host}: no complete page within ${timeoutMs / 1_000} s; raise timeout_s`;
  return { error: new ToolError("timeout", message), retryable: false };
}
