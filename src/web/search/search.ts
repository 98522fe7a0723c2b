import { ToolError } from "../../errors.ts";
import { openFetcher } from "../fetch.ts";
import { openGuard } from "../guard.ts";
import { openGate } from "../politeness.ts";
import { noProxies, openProxies, type ProxySettings } from "../proxies.ts";
import { askBackend, type Asking } from "./ask.ts";
import type { BackendName, SearchBackend } from "./backend.ts";
import { chooseBackend, type ChosenBackend, type Secrets } from "./choose.ts";
import { openHitList, type HitList, type SearchHit } from "./hits.ts";

/** Searches the web with the services that the user has configured. Whoever opens one closes it. */
export interface Search {
  /**
   * @throws ToolError `unavailable` or `invalid_input` where no backend or not the wanted one is configured,
   * `not_allowed` for a key that is refused, `rate_limited` for limits and quotas, `provider_error`, `unreadable`,
   * `too_large`, `timeout`; the signal's reason within a second of its abort
   */
  search(request: SearchQuery, signal: AbortSignal): Promise<SearchAnswer>;
  /** Stop what runs. */
  close(): Promise<void>;
}

export interface SearchQuery {
  query: string;
  count: number;
  /** Undefined takes the first that is configured, in the order of `backendNames`. */
  backend: BackendName | undefined;
}

export interface SearchAnswer {
  /** At most `count`, best first. */
  hits: SearchHit[];
  backend: BackendName;
  /** Why there are fewer than there might be. */
  notes: string[];
}

export interface SearchOptions {
  /** Keys and addresses by the names of their variables. */
  secrets: Secrets;
  /** `HOST|CIDR[:PORT]`: what may be fetched although it is not public. */
  allowPrivate: readonly string[];
  /** The product and its version: `axoner/1.2.3`. */
  userAgent: string;
  /** Default: none. */
  proxies?: ProxySettings;
  /** Where backends are asked instead of at their own addresses; for tests. */
  endpoints?: Partial<Record<BackendName, string>>;
  /** For one search with all its pages and retries. Default 30 s. */
  deadlineMs?: number;
}

/** Opening reads the options only; the HTTP client starts with the first search. */
export function openSearch(options: SearchOptions): Search {
  const { secrets, endpoints = {}, deadlineMs = 30_000 } = options;
  const closing = new AbortController();
  return {
    async search({ query, count, backend: wanted }, signal) {
      const chosen = chooseBackend(secrets, { wanted, endpoint: (name) => endpoints[name] });
      const stop = new AbortController();
      const ending = AbortSignal.any([signal, closing.signal, stop.signal]);
      const fetcher = await openBackendFetcher(chosen.backend, options, ending);
      const hide = hiding(chosen.backend.secrets);
      const list = openHitList(count, hide);
      try {
        const asking = { ...chosen, fetcher, hide };
        const notes = await collect(asking, { query, count, list, endsAt: performance.now() + deadlineMs });
        return { hits: list.hits, backend: chosen.kind.name, notes: notes.map(hide) };
      } catch (thrown) {
        signal.throwIfAborted();
        throw withOthers(thrown, chosen);
      } finally {
        stop.abort(new Error("the search is over"));
        await fetcher.close();
      }
    },
    close: async () => closing.abort(new ToolError("cancelled", "the search was closed")),
  };
}

/** The user's own host may be private, for these requests alone. */
function openBackendFetcher(backend: SearchBackend, options: SearchOptions, signal: AbortSignal) {
  const { allowPrivate, userAgent } = options;
  const { hostname, port, protocol } = backend.endpoint;
  const own = `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
  const guard = openGuard(backend.isOwnHost ? [...allowPrivate, own] : allowPrivate);
  const gate = openGate({ total: 1, perHost: 1, signal, mayStart: () => true });
  const proxies = openProxies(options.proxies ?? noProxies);
  return openFetcher({ guard, proxies, gate, userAgent, signal, stallMs: 0 });
}

interface Collecting {
  query: string;
  count: number;
  list: HitList;
  /** By `performance.now()`. */
  endsAt: number;
}

/** Ask for page after page until there are enough hits. A later page that fails costs none of those before it. */
async function collect(
  asking: Omit<Asking, "timeoutMs">,
  { query, count, list, endsAt }: Collecting,
): Promise<string[]> {
  const notes: string[] = [];
  for (const request of asking.backend.requests(query.toWellFormed(), count)) {
    const before = list.hits.length;
    try {
      const timeoutMs = Math.max(1, endsAt - performance.now());
      const page = await askBackend(request, { ...asking, timeoutMs });
      list.add(page.hits);
      if (page.note !== undefined) notes.push(page.note);
      if (page.isLast || list.hits.length === count) return notes;
      // The same page again and again would never be the last.
      if (before > 0 && list.hits.length === before) return notes;
    } catch (thrown) {
      if (before === 0 || !(thrown instanceof ToolError)) throw thrown;
      return [...notes, `only ${before} of ${count} hits: ${thrown.message}`];
    }
  }
  if (list.hits.length > 0) notes.push(`${asking.kind.title} gives no more than these for one query`);
  return notes;
}

/** A text without the secrets. What is shorter than any key is left alone: it would take words apart. */
function hiding(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets.filter((secret) => secret.length >= 6).toSorted((a, b) => b.length - a.length);
  const forms = hidden.flatMap((secret) => [secret, encodeURIComponent(secret), secret.toLowerCase()]);
  return (text) => forms.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

function withOthers(thrown: unknown, { others }: ChosenBackend): unknown {
  if (!(thrown instanceof ToolError) || others.length === 0 || thrown.code === "cancelled") return thrown;
  return new ToolError(thrown.code, `${thrown.message}; or search with backend ${others.join(" or ")}`, {
    cause: thrown,
  });
}
