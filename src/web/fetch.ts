import { setTimeout as pause } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { ToolError } from "../errors.ts";
import { onAbort } from "../on-abort.ts";
import { currentTaping, type Taping } from "../taping.ts";
import { guardedConnector } from "./connect.ts";
import { openCookies, type Cookies } from "./cookies.ts";
import { exchange, failed, type Exchange, type Fetched, type Reply } from "./exchange.ts";
import { failureOf } from "./failure.ts";
import type { Guard } from "./guard.ts";
import type { Gate, GatePlace } from "./politeness.ts";
import type { ProxyChoice } from "./proxies.ts";

/** Gets pages and files: guarded, gated, bounded in time, patient with servers that are busy. */
export interface Fetcher {
  /** Throws only when the run is aborted; whatever else goes wrong is in the answer. */
  get<Body>(request: FetchRequest<Body>): Promise<Fetched<Body> & { elapsedMs: number }>;
  /** What would be sent to an address as `cookie`; empty where there is nothing. */
  cookies(url: URL): string;
  /** Close every connection. */
  close(): Promise<void>;
}

export interface FetchRequest<Body> extends Pick<
  Exchange<Body>,
  "headersFor" | "receive" | "whenLimited" | "body" | "explain"
> {
  url: string;
  /** For the gate: which page of the run this is for. */
  order: number;
  /** For all attempts and redirects together; waiting for the gate does not count. */
  timeoutMs: number;
  /** What to say when they take longer. */
  whenLate: string;
  /** A server that wants to be left alone for longer is not asked again. */
  maxPauseMs: number;
  /** Called before each address is requested, redirects included; the `ToolError` it throws is the answer. */
  admit: (url: URL) => Promise<void>;
}

export interface FetcherOptions {
  guard: Guard;
  proxies: ProxyChoice;
  gate: Gate;
  userAgent: string;
  /** Ends the run: every request stops, every socket closes. */
  signal: AbortSignal;
  /** How long a server may send nothing; 0 leaves it to the deadline of each request. */
  stallMs: number;
}

const maxRedirects = 5;
const maxRetries = 3;

export async function openFetcher(options: FetcherOptions): Promise<Fetcher> {
  const { Agent } = await import("undici");
  const cookies = openCookies();
  const taping = currentTaping();
  const guard = taping === undefined ? options.guard : tellingGuard(options.guard, taping);
  const agent = new Agent({
    connect: guardedConnector({ ...options, guard }, options.signal),
    allowH2: true,
    maxHeaderSize: 64 * 1024,
    // Drips and endless interim replies evade these two: the deadline of the request ends them.
    headersTimeout: options.stallMs,
    bodyTimeout: options.stallMs,
  });
  const client = taping?.client(agent, options.guard.checkAddress) ?? agent;
  return {
    async get(request) {
      const time = { leftMs: request.timeoutMs };
      const fetched = await follow({ ...options, client, cookies }, request, time);
      return { ...fetched, elapsedMs: Math.round(request.timeoutMs - time.leftMs) };
    },
    cookies: (url) => cookies.header(url),
    close: () => agent.destroy(),
  };
}

/** What a name stood for when it was recorded is checked again when that is replayed. */
function tellingGuard(guard: Guard, taping: Taping): Guard {
  return {
    ...guard,
    checkAddress(host, port, address) {
      guard.checkAddress(host, port, address);
      taping.reached(host, port, address);
    },
  };
}

type Opened = FetcherOptions & { client: Dispatcher; cookies: Cookies };

async function follow<Body>(options: Opened, request: FetchRequest<Body>, time: Time): Promise<Fetched<Body>> {
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
    const reply = await persist(options, { ...request, url }, time);
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

type Hop<Body> = Omit<FetchRequest<Body>, "url"> & { url: URL };

/** Ask again, later each time, while the server is or seems busy. A pause that it wants is one for all its pages. */
async function persist<Body>(
  options: Opened,
  hop: Hop<Body>,
  time: Time,
): Promise<Exclude<Reply<Body>, { kind: "retry" }>> {
  for (let retries = 0; ; retries += 1) {
    const reply = await ask(options, hop, time);
    if (reply.kind !== "retry") return reply;
    const last = { kind: "done", fetched: reply.fetched } as const;
    if (retries === maxRetries || time.leftMs <= 0) return last;
    if (reply.isBusy) {
      if (options.gate.pace(hop.url.host).quietMs(performance.now()) > patienceOf(hop, time)) return last;
      continue;
    }
    const pauseMs = 250 * 2 ** retries * (0.5 + Math.random());
    if (pauseMs >= time.leftMs) return last;
    time.leftMs -= pauseMs;
    await pause(pauseMs, undefined, { signal: options.signal });
  }
}

function patienceOf({ maxPauseMs }: Hop<unknown>, { leftMs }: Time): number {
  return Math.min(maxPauseMs, leftMs);
}

/** One request in its turn and in what is left of its time. */
async function ask<Body>(options: Opened, hop: Hop<Body>, time: Time): Promise<Reply<Body>> {
  const { url } = hop;
  const { gate, userAgent, cookies } = options;
  const pace = gate.pace(url.host);
  let place: GatePlace;
  try {
    place = await gate.enter({ host: url.host, order: hop.order, patienceMs: patienceOf(hop, time) });
  } catch (refusal) {
    options.signal.throwIfAborted();
    if (!(refusal instanceof ToolError)) throw refusal;
    return { kind: "done", fetched: failed(url, null, refusal) };
  }
  const deadline = new AbortController();
  const clock = openClock(time, () => deadline.abort());
  const stopListening = onAbort(options.signal, () => deadline.abort(options.signal.reason));
  try {
    const untimed = (wait: () => Promise<void>) => clock.untimed(() => idly(place, wait));
    const reply = await exchange(options.client, url, { ...hop, userAgent, cookies, untimed, signal: deadline.signal });
    if (reply.kind !== "retry") pace.relax();
    else if (reply.isBusy) pace.slow(performance.now(), reply.afterMs);
    return reply;
  } catch (thrown) {
    options.signal.throwIfAborted();
    const { error, retryable } = deadline.signal.aborted ? outOfTime(hop) : failureOf(thrown, url);
    const fetched = failed(url, null, error);
    return retryable ? { kind: "retry", fetched, isBusy: false, afterMs: 0 } : { kind: "done", fetched };
  } finally {
    clock.stop();
    stopListening();
    place.leave();
  }
}

/** What waits for other pages keeps none of those from being asked for. */
async function idly(place: GatePlace, wait: () => Promise<void>): Promise<void> {
  place.setIdle(true);
  try {
    await wait();
  } finally {
    place.setIdle(false);
  }
}

/** Takes what passes from a page's time, and tells when nothing is left. */
function openClock(time: Time, onEnd: () => void) {
  let startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    startedAt = performance.now();
    timer = setTimeout(onEnd, time.leftMs);
  };
  const stop = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    time.leftMs -= performance.now() - startedAt;
  };
  start();
  return {
    stop,
    /** What is waited for here is not the server's doing. */
    async untimed(wait: () => Promise<void>): Promise<void> {
      stop();
      await wait();
      start();
    },
  };
}

function outOfTime({ url, whenLate }: Hop<unknown>): { error: ToolError; retryable: boolean } {
  return { error: new ToolError("timeout", `${url.host}: ${whenLate}`), retryable: false };
}
