import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BackendName } from "../../../src/web/search/backend.ts";
import { json, openSearchService, recorded, testKeys, type SearchService } from "../../support/search-service.ts";
import { endless, openSite, raw, reply } from "../../support/site.ts";

let service: SearchService;
beforeEach(async () => {
  service = await openSearchService();
});
afterEach(() => service.close());

const going = () => new AbortController().signal;
const ask = (options: Parameters<SearchService["open"]>[0], backend?: BackendName) =>
  service.open(options).search({ query: "q", count: 3, backend }, going());
const pageOf = (...results: unknown[]) => json({ results });

describe("which backend is asked", () => {
  const { SEARCH_API_KEY, CX_ENGINE, BRAVE_API_KEY, TAVILY_API_KEY } = testKeys;
  test.each<[BackendName, Record<string, string>]>([
    ["google", { TAVILY_API_KEY, BRAVE_API_KEY, CX_ENGINE, SEARCH_API_KEY }],
    ["brave", { TAVILY_API_KEY, BRAVE_API_KEY, SEARCH_API_KEY }],
    ["tavily", { TAVILY_API_KEY, BRAVE_API_KEY: "" }],
  ])("%s is the first that is configured", async (backend, secrets) => {
    service.answers(json(recorded(backend)));
    expect((await ask({ secrets })).backend).toBe(backend);
  });

  test("none configured names all four ways", async () => {
    await expect(ask({ secrets: {} })).rejects.toMatchObject({
      code: "unavailable",
      message:
        "no search backend is configured: set SEARCH_API_KEY and CX_ENGINE (Google), BRAVE_API_KEY (Brave), TAVILY_API_KEY (Tavily) " +
        "or SEARXNG_URL (SearXNG) in the environment or under keys in the user's configuration file",
    });
    await expect(ask({ secrets: { SEARCH_API_KEY } })).rejects.toThrow(/\(CX_ENGINE is missing\)/);
  });

  test("one that is named and not configured names what to set, and what there is", async () => {
    await expect(ask({ secrets: {} }, "brave")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^the backend brave is not configured: set BRAVE_API_KEY/),
    });
    await expect(ask({ secrets: { TAVILY_API_KEY } }, "google")).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/set SEARCH_API_KEY and CX_ENGINE .*or use backend tavily/),
    });
    expect(service.asked).toEqual([]);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ BRAVE_API_KEY: "key\nwith-line" }, /^BRAVE_API_KEY holds/],
    [{ SEARCH_API_KEY, CX_ENGINE: "https://cse.google.com/cse?cx=1" }, /^CX_ENGINE must be the ID/],
    [{ SEARXNG_URL: "localhost:8080" }, /^SEARXNG_URL must be an http\(s\) address/],
  ])("a value that cannot be used is named and not repeated", async (secrets, message) => {
    const failure: unknown = await ask({ secrets, endpoints: {} }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "unavailable", message: expect.stringMatching(message) });
    expect(String(failure)).not.toMatch(/with-line|cse\.google/);
  });
});

describe("the guard", () => {
  test("lets SEARXNG_URL be private, and no other backend", async () => {
    service.answers(json(recorded("searxng")));
    expect((await ask({ allowPrivate: [] }, "searxng")).hits).toHaveLength(2);
    await expect(ask({ allowPrivate: [] }, "brave")).rejects.toMatchObject({ code: "blocked_address" });
    expect(service.asked.every(({ url }) => url.pathname === "/search")).toBe(true);
  });

  test("does not let SearXNG lead anywhere else, where nothing is sent", async () => {
    const inside = await openSite({ "/search": "inside" });
    const location = inside.origin.replace("127.0.0.1", "localhost");
    service.answers(reply("", { location: `${location}/search` }, 302));
    await expect(ask({ allowPrivate: [] }, "searxng")).rejects.toThrow(
      /redirects to http:\/\/localhost:\d+.*set SEARXNG_URL/,
    );
    service.answers(reply("", { location: `${inside.origin}/search` }, 307));
    await expect(ask({ allowPrivate: [] }, "searxng")).rejects.toMatchObject({ code: "blocked_address" });
    await expect(ask({ allowPrivate: ["127.0.0.0/8"] }, "tavily")).rejects.toThrow(/redirects to/);
    expect(inside.requested).toEqual([]);
    await inside.close();
  });
});

describe("hits", () => {
  test("are addresses that can be fetched, each once, with text that can be shown", async () => {
    service.answers(
      pageOf(
        { url: "javascript:alert(1)", title: "a" },
        { url: "ftp://a.example/", title: "b" },
        { url: "https://google.com@evil.example/", title: "c" },
        { url: `https://a.example/${"x".repeat(3_000)}`, title: "d" },
        { url: 7, title: "e" },
        "no hit",
        { url: "HTTPS://A.example", title: "A \ud800 <b>bold</b>\u202e\u001b[31m", content: "x".repeat(900) },
        { url: "https://a.example/#part", title: "again" },
        { url: "https://b.example/", title: null, content: "\ud83d\ude00".repeat(300) },
      ),
      pageOf(),
    );
    const { hits } = await ask({}, "searxng");
    expect(hits).toEqual([
      { title: "A \ufffd bold[31m", url: "https://a.example/", snippet: `${"x".repeat(500)}…` },
      { title: "b.example", url: "https://b.example/", snippet: `${"\ud83d\ude00".repeat(250)}…` },
    ]);
  });

  test("of HTML have no script, and bear any nesting", async () => {
    const description = `<script>alert(1)</script><style>p{}</style><img src=x onerror=y>${"<div>".repeat(5_000)}end &lt;b&gt;`;
    service.answers(
      json({ type: "search", web: { results: [{ url: "https://a.example/", title: "t", description }] } }),
    );
    expect((await ask({}, "brave")).hits[0]?.snippet.length).toBeLessThan(20);
    service.answers(
      json({
        type: "search",
        web: { results: [{ url: "https://a.example/", title: "<script>x</script>t", description: "a<br>&lt;b&gt;" }] },
      }),
    );
    expect((await ask({}, "brave")).hits).toEqual([{ title: "t", url: "https://a.example/", snippet: "a<b>" }]);
  });

  test("of the pages before one that fails are kept, and the failure is told", async () => {
    const items = Array.from({ length: 10 }, (_, n) => ({ title: "t", link: `https://a.example/${n}` }));
    service.answers(
      json({ kind: "customsearch#search", items, queries: { nextPage: [{}] } }),
      json({ error: { message: "Daily Limit Exceeded", errors: [{ reason: "dailyLimitExceeded" }] } }, 403),
    );
    const { hits, notes } = await service.search("google", { count: 30 });
    expect(hits).toHaveLength(10);
    expect(notes).toEqual([expect.stringMatching(/^only 10 of 30 hits: Google: the queries of the day are used up/)]);
  });
});

describe("a reply that is none", () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, " "));
  test.each<[string, Parameters<SearchService["answers"]>[0], string, RegExp]>([
    ["is HTML", reply("<!doctype html>hello"), "unreadable", /^SearXNG: .*not JSON/],
    ["is other JSON", json({ hello: "world" }), "unreadable", /no list of search results/],
    ["never ends", endless, "too_large", /larger than 2 MB/],
    ["is a bomb", reply(bomb, { "content-encoding": "gzip" }), "too_large", /2 MB/],
    ["is damaged", reply("abc", { "content-encoding": "gzip" }), "unreadable", /gzip/],
    ["is nested without end", reply("[".repeat(1_000_000)), "unreadable", /not JSON/],
    ["comes a byte at a time", raw("HTTP/1.1 200 OK\r\n\r\n", "a"), "timeout", /^SearXNG: .*did not answer within/],
    ["is a refusal that comes so", raw("HTTP/1.1 403 No\r\n\r\n", "a"), "timeout", /did not answer within/],
    ["is silence", () => {}, "timeout", /did not answer within/],
  ])("%s", async (_name, route, code, message) => {
    service.answers(route);
    await expect(ask({ deadlineMs: 700 }, "searxng")).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await vi.waitUntil(() => service.site.openSockets() === 0, 2_000);
  });
});

test.each(["google", "brave", "tavily"] as const)(
  "JSON that is not of %s is no search without hits",
  async (backend) => {
    service.answers(json({ hello: "world" }));
    await expect(ask({}, backend)).rejects.toMatchObject({ code: "unreadable" });
  },
);

test("a host that is not there is unavailable, not a query without hits", async () => {
  const secrets = { SEARXNG_URL: "http://nowhere.invalid" };
  await expect(ask({ secrets })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^SearXNG: nowhere\.invalid: the host name/),
  });
});

test("a search that is cancelled, or whose service is closed, closes its sockets at once", async () => {
  service.answers(() => {});
  const abort = new AbortController();
  const search = service.open();
  const cancelled = search.search({ query: "q", count: 1, backend: "brave" }, abort.signal);
  await vi.waitUntil(() => service.asked.length === 1, 5_000);
  abort.abort(new Error("enough"));
  await expect(cancelled).rejects.toThrow("enough");
  await vi.waitUntil(() => service.site.openSockets() === 0, 1_000);
  const closed = search.search({ query: "q", count: 1, backend: "brave" }, going());
  await vi.waitUntil(() => service.asked.length === 2, 5_000);
  await Promise.all([expect(closed).rejects.toMatchObject({ code: "cancelled" }), delay(1).then(() => search.close())]);
  await vi.waitUntil(() => service.site.openSockets() === 0, 1_000);
});

test("no key is in an answer or an error, whatever the service repeats of what it was sent", async () => {
  const backends = ["google", "brave", "tavily", "searxng"] as const;
  const key = fc.string({
    unit: fc.constantFrom("a", "b", "X", "Y", "0", "-", "_", ".", "~", "+", "/", "=", "%"),
    minLength: 6,
    maxLength: 40,
  });
  const shape = fc.record({
    backend: fc.constantFrom(...backends),
    key,
    status: fc.constantFrom(200, 400, 401, 418),
    mark: fc.constantFrom("", "<b>"),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ backend, key: secret, status, mark }) => {
      const text = `it is ${mark}${secret} and ${encodeURIComponent(secret)} and ${btoa(`me:${secret}`)}`;
      const hit = {
        title: text,
        url: `https://a.example/?k=${secret}`,
        link: `https://a.example/${encodeURIComponent(secret)}`,
      };
      const hits = [
        { ...hit, snippet: text, description: text, content: text },
        { ...hit, url: "https://b.example", link: "https://b.example" },
      ];
      const detail = { detail: { error: text }, error: { message: text, code: text, detail: text } };
      service.answers(
        json(
          {
            kind: "customsearch#search",
            type: "search",
            items: hits,
            results: hits,
            web: { results: hits },
            ...(status === 200 ? {} : detail),
          },
          status,
        ),
      );
      const secrets = {
        SEARCH_API_KEY: secret,
        CX_ENGINE: testKeys.CX_ENGINE,
        BRAVE_API_KEY: secret,
        TAVILY_API_KEY: secret,
        SEARXNG_URL: service.site.origin.replace("//", `//me:${encodeURIComponent(secret)}@`),
      };
      const outcome = await ask({ secrets }, backend).then(
        (answer) => JSON.stringify(answer),
        (thrown: unknown) => String(thrown),
      );
      const forms = [secret, encodeURIComponent(secret), ...(backend === "searxng" ? [btoa(`me:${secret}`)] : [])];
      expect(forms.filter((form) => outcome.includes(form))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
