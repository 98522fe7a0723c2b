import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { json, openSearchService, recorded, testKeys, type SearchService } from "../../support/search-service.ts";

let service: SearchService;
beforeEach(async () => {
  service = await openSearchService();
});
afterEach(() => service.close());

const overview = "https://duckdb.org/docs/stable/data/parquet/overview";
const title = "Reading and Writing Parquet Files – DuckDB";

describe("google", () => {
  test("is asked by GET with the key in a header, and its plain text is shown as it is", async () => {
    service.answers(json(recorded("google")));
    const { hits, backend } = await service.search("google", { count: 3 });
    expect(backend).toBe("google");
    expect(hits).toEqual([
      {
        title,
        url: overview,
        snippet:
          "Read a single Parquet file: SELECT * FROM 'test.parquet'; Figure out which columns/types are in a " +
          "Parquet file: DESCRIBE SELECT * FROM 'test.parquet';",
      },
      {
        title: "Generics: List<T> and Parquet in C# ...",
        url: "https://stackoverflow.com/questions/71234567/generics-list-parquet",
        snippet: "Mar 3, 2025 ... I have a List<T> and want to write it as Parquet & read it with DuckDB.",
      },
      {
        title: "Querying Parquet with Precision using DuckDB",
        url: "https://duckdb.org/2021/06/25/querying-parquet.html",
        snippet: "",
      },
    ]);
    const { method, url, headers } = service.lastAsked();
    expect([method, headers["x-goog-api-key"], headers["user-agent"]]).toEqual([
      "GET",
      testKeys.SEARCH_API_KEY,
      "axoner/1",
    ]);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      cx: testKeys.CX_ENGINE,
      q: "duckdb parquet",
      num: "3",
      start: "1",
    });
  });

  test("is asked for pages of ten until there are enough hits", async () => {
    const page = (start: number) => ({
      kind: "customsearch#search",
      queries: { nextPage: [{}] },
      items: Array.from({ length: 10 }, (_, n) => ({ title: "t", link: `https://a.example/${start + n}` })),
    });
    service.answers(json(page(0)), json(page(10)), json(page(20)));
    const { hits } = await service.search("google", { count: 25 });
    expect(hits).toHaveLength(25);
    expect(service.asked.map(({ url }) => [url.searchParams.get("start"), url.searchParams.get("num")])).toEqual([
      ["1", "10"],
      ["11", "10"],
      ["21", "10"],
    ]);
  });

  test("is not asked again where it has no next page, and finding nothing is an answer", async () => {
    service.answers(json({ kind: "customsearch#search", queries: { request: [{}] }, searchInformation: {} }));
    expect(await service.search("google", { count: 50 })).toEqual({ hits: [], backend: "google", notes: [] });
    expect(service.asked).toHaveLength(1);
  });
});

describe("brave", () => {
  test("is asked with its token, and its HTML becomes text", async () => {
    service.answers(json(recorded("brave")));
    const { hits } = await service.search("brave", { count: 2 });
    expect(hits).toEqual([
      {
        title,
        url: overview,
        snippet: "DuckDB includes an efficient Parquet reader: SELECT * FROM 'test.parquet' & more.",
      },
      {
        title: 'The <table> element "parquet"',
        url: "https://developer.mozilla.org/en-US/docs/Web/HTML/Element/table",
        snippet: "",
      },
    ]);
    expect(service.lastAsked().headers).toMatchObject({ "x-subscription-token": testKeys.BRAVE_API_KEY });
    expect(Object.fromEntries(service.lastAsked().url.searchParams)).toMatchObject({
      q: "duckdb parquet",
      count: "2",
      offset: "0",
    });
  });

  test("counts its pages, which may overlap", async () => {
    const page = (start: number, isMore: boolean) => ({
      type: "search",
      query: { more_results_available: isMore },
      web: { results: Array.from({ length: 20 }, (_, n) => ({ title: "t", url: `https://a.example/${start + n}` })) },
    });
    service.answers(json(page(0, true)), json(page(15, true)), json(page(35, false)));
    const { hits } = await service.search("brave", { count: 50 });
    expect(hits.map(({ url }) => url)).toEqual(Array.from({ length: 50 }, (_, n) => `https://a.example/${n}`));
    expect(service.asked.map(({ url }) => url.searchParams.get("offset"))).toEqual(["0", "1", "2"]);
  });
});

describe("tavily", () => {
  test("is asked by POST with a bearer token", async () => {
    service.answers(json(recorded("tavily")));
    const { hits, notes } = await service.search("tavily", { query: "what’s “new”?" });
    expect(hits[0]).toEqual({
      title,
      url: overview,
      snippet: "# Reading and Writing Parquet Files Read a single Parquet file: SELECT * FROM 'test.parquet';",
    });
    expect(notes).toEqual([]);
    const request = service.lastAsked();
    expect(request).toMatchObject({
      method: "POST",
      headers: { authorization: `Bearer ${testKeys.TAVILY_API_KEY}`, "content-type": "application/json" },
    });
    expect(JSON.parse(request.body)).toEqual({
      query: "what’s “new”?",
      max_results: 10,
      search_depth: "basic",
    });
  });

  test("gives twenty hits at most, and that is told", async () => {
    const results = Array.from({ length: 20 }, (_, n) => ({ title: "t", url: `https://a.example/${n}`, content: "c" }));
    service.answers(json({ results }));
    const { hits, notes } = await service.search("tavily", { count: 50 });
    expect(hits).toHaveLength(20);
    expect(notes).toEqual([expect.stringMatching(/^Tavily gives no more/)]);
    expect(service.asked).toHaveLength(1);
    expect(JSON.parse(service.lastAsked().body)).toMatchObject({ max_results: 20 });
  });
});

describe("searxng", () => {
  test("is asked for JSON, page after page until one is empty", async () => {
    service.answers(json(recorded("searxng")), json({ ...recorded("searxng"), results: [] }));
    const { hits, notes } = await service.search("searxng");
    expect(hits.map(({ url }) => url)).toEqual([overview, "https://duckdb.org/2021/06/25/querying-parquet.html"]);
    expect(hits[1]?.snippet).toBe("");
    expect(notes).toEqual(["engines that did not answer: google (Suspended: too many requests)"]);
    expect(service.asked.map(({ url }) => url.pathname + url.search)).toEqual([
      "/search?q=duckdb+parquet&format=json&pageno=1",
      "/search?q=duckdb+parquet&format=json&pageno=2",
    ]);
    expect(service.asked[0]?.headers["accept"]).toMatch(/text\/html/);
  });

  test("that repeats its first page is not asked for ever", async () => {
    service.answers(json(recorded("searxng")));
    expect((await service.search("searxng")).hits).toHaveLength(2);
    expect(service.asked).toHaveLength(2);
  });

  test.each(["/sub", "/sub/", "/sub/search", "/sub/search#x"])("may lie at %s", async (path) => {
    service.answers(json({ results: [] }));
    const search = service.open({ secrets: { SEARXNG_URL: service.site.origin + path } });
    await search.search({ query: "q", count: 1, backend: undefined }, new AbortController().signal);
    expect(service.lastAsked().url.pathname).toBe("/sub/search");
  });

  test("gets the user name and password of its address", async () => {
    service.answers(json(recorded("searxng")));
    const SEARXNG_URL = service.site.origin.replace("//", "//me:s%23cret%25@");
    const search = service.open({ secrets: { SEARXNG_URL } });
    await search.search({ query: "q", count: 1, backend: undefined }, new AbortController().signal);
    expect(service.lastAsked().headers["authorization"]).toBe(`Basic ${btoa("me:s#cret%")}`);
  });
});
