import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import type { JsonObject } from "../../src/message.ts";
import type { BackendName } from "../../src/web/search/backend.ts";
import { openSearch, type Search, type SearchAnswer, type SearchOptions } from "../../src/web/search/search.ts";
import { openSite, type Route, type Site } from "./site.ts";

export interface Asked {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A search service on the loopback interface, and a search that asks it in place of every backend. */
export interface SearchService {
  site: Site;
  /** What was asked, in order. */
  asked: Asked[];
  lastAsked(): Asked;
  /** What is answered from now on; the last of several again and again. */
  answers(...routes: Route[]): void;
  /** Search with this backend and the keys of `testKeys`. */
  search(backend: BackendName | undefined, request?: { query?: string; count?: number }): Promise<SearchAnswer>;
  /** As `search`, with more options; it is closed with the service. */
  open(options?: Partial<SearchOptions>): Search;
  close(): Promise<void>;
}

/** What every key is, so that a test finds it wherever it should not be. */
export const testKeys = {
  SEARCH_API_KEY: "AIzaSy-testkey-google-4711",
  CX_ENGINE: "017576662512468239146:omuauf_lfve",
  BRAVE_API_KEY: "BSA-testkey-brave-4711",
  TAVILY_API_KEY: "tvly-testkey-tavily-4711",
};

/** A reply of a backend as it was recorded. */
export function recorded(name: BackendName): JsonObject {
  return JSON.parse(
    readFileSync(new URL(`../web/search/recorded/${name}.json`, import.meta.url), "utf8"),
  ) as JsonObject;
}

/** Answer with JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Route {
  return (response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

export async function openSearchService(): Promise<SearchService> {
  const asked: Asked[] = [];
  let routes: Route[] = [];
  const answer: Route = (response, request) => {
    void text(request).then((body) => {
      const url = new URL(request.url ?? "", "http://service");
      asked.push({ method: request.method ?? "", url, headers: request.headers, body });
      const route = routes.length > 1 ? routes.shift() : routes[0];
      route?.(response, request);
    });
  };
  const site = await openSite({ "/api": answer, "/search": answer, "/sub/search": answer });
  const opened: Search[] = [];

  const service: SearchService = {
    site,
    asked,
    lastAsked() {
      const last = asked.at(-1);
      if (last === undefined) throw new Error("nothing was asked");
      return last;
    },
    answers: (...given) => void (routes = given),
    async search(backend, { query = "duckdb parquet", count = 10 } = {}) {
      const signal = new AbortController().signal;
      return service.open().search({ query, count, backend }, signal);
    },
    open(options = {}) {
      const api = `${site.origin}/api`;
      const search = openSearch({
        secrets: { ...testKeys, SEARXNG_URL: site.origin },
        allowPrivate: [site.host],
        userAgent: "axoner/1",
        endpoints: { google: api, brave: api, tavily: api },
        ...options,
      });
      opened.push(search);
      return search;
    },
    async close() {
      await Promise.all(opened.map((search) => search.close()));
      await site.close();
    },
  };
  return service;
}
