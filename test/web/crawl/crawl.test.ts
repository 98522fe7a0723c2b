import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openScraper, type Scraper } from "../../../src/web/scrape.ts";
import { crawlAll, linking } from "../../support/crawling.ts";
import { openSite, reply, type Route, type Site } from "../../support/site.ts";

let site: Site;
let scraper: Scraper;
let routes: Record<string, Route | string>;

beforeAll(() => {
  scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1" });
});
afterAll(() => scraper.close());
beforeEach(async () => {
  routes = {};
  site = await openSite(routes);
});
afterEach(() => site.close());

const at = (path: string) => site.origin + path;
const pathsOf = (pages: readonly { url: string }[]) => pages.map(({ url }) => url.replace(site.origin, ""));
const fetched = () => site.requested.filter((path) => path !== "/robots.txt");
const from = (path: string, more: Partial<Parameters<typeof crawlAll>[1]> = {}) =>
  crawlAll(scraper, { startUrls: [at(path)], ...more });

describe("a crawl", () => {
  test("follows links breadth first and tells each page's depth and parent", async () => {
    Object.assign(routes, { "/": linking("/a", "/b"), "/a": linking("/a/1", "/b"), "/b": linking("/"), "/a/1": "end" });
    const { pages, state } = await from("/");
    expect(pages.map(({ url, depth, parent }) => [url, depth, parent])).toEqual([
      [at("/"), 0, null],
      [at("/a"), 1, at("/")],
      [at("/b"), 1, at("/")],
      [at("/a/1"), 2, at("/a")],
    ]);
    expect(state).toMatchObject({ done: 4, failed: 0, left: 0 });
    expect(fetched()).toHaveLength(4);
  });

  test("fetches no page twice that is linked in many ways", async () => {
    routes["/"] = linking("/a", "/a#x", "/a?", "/./a", "/%61", "/a?utm_source=x", "mailto:a@b.c");
    routes["/a"] = linking("/?gclid=1", "a;jsessionid=0a1b");
    const { pages } = await from("/");
    expect(pathsOf(pages)).toEqual(["/", "/a"]);
    expect(fetched()).toEqual(["/", "/a"]);
  });

  test("goes on after pages that fail, and tells failures that may pass at its end", async () => {
    routes["/"] = linking("/gone", "/broken", "/a");
    Object.assign(routes, {
      "/gone": reply("", {}, 410),
      "/broken": reply("", {}, 500),
      "/a": linking("/b"),
      "/b": "end",
    });
    const { pages, state } = await from("/");
    expect(pages.map(({ url, status }) => [url.replace(site.origin, ""), status])).toEqual([
      ["/", 200],
      ["/gone", 410],
      ["/a", 200],
      ["/b", 200],
      ["/broken", 500],
    ]);
    expect([...state.failuresByCode]).toEqual([["http_error", 2]]);
  });

  test("stops at so many pages and so deep, and tells how much is left", async () => {
    for (let n = 0; n < 100; n++) routes[`/${n}`] = linking(`/${2 * n + 1}`, `/${2 * n + 2}`);
    const few = await from("/0", { maxPages: 10 });
    expect(few.pages).toHaveLength(10);
    expect(few.state.left).toBeGreaterThanOrEqual(5);
    expect(fetched()).toHaveLength(10);
    const flat = await from("/0", { maxDepth: 2 });
    expect(flat.pages).toHaveLength(7);
    expect([flat.state.left, flat.state.skipped.get("deep")]).toEqual([0, 8]);
  });

  test("asks no host for more than it may", async () => {
    routes["/"] = linking(...Array.from({ length: 20 }, (_, n) => `/slow?${n}`));
    routes["/slow"] = (response, request) => void setTimeout(() => reply("x")(response, request), 20);
    await from("/", { perHost: 3 });
    expect(site.busiest()).toBe(3);
  });

  test("that is aborted ends with the reason, and leaves no socket", async () => {
    routes["/"] = linking("/silent", "/silent?2");
    routes["/silent"] = () => {};
    const stop = new AbortController();
    const crawl = crawlAll(scraper, { startUrls: [at("/")], timeoutMs: 60_000 }, stop.signal);
    while (fetched().length < 3) await delay(5);
    stop.abort(new Error("enough"));
    await expect(crawl).rejects.toThrow("enough");
    while (site.openSockets() > 0) await delay(5);
  });
});

describe("pages that are one", () => {
  test("by a redirect are read once, whatever leads there", async () => {
    routes["/"] = linking("/b", ...Array.from({ length: 100 }, (_, n) => `/old/${n}`));
    for (let n = 0; n < 100; n++) routes[`/old/${n}`] = reply("", { location: "/b" }, 301);
    routes["/b"] = "one page";
    const { pages, state } = await from("/");
    expect(pathsOf(pages)).toEqual(["/", "/b"]);
    expect(state.repeated).toBe(100);
    expect(fetched().filter((path) => path === "/b")).toHaveLength(1);
  });

  test("by a redirect count as read when they are linked later", async () => {
    Object.assign(routes, {
      "/": linking("/old"),
      "/old": reply("", { location: "/new" }, 302),
      "/new": linking("/new"),
    });
    const { pages } = await from("/");
    expect(pages.map(({ url, finalUrl }) => [url, finalUrl])).toEqual([
      [at("/"), at("/")],
      [at("/old"), at("/new")],
    ]);
  });

  test("and redirect to each other are told once as a failure", async () => {
    routes["/"] = linking("/x", "/y");
    Object.assign(routes, { "/x": reply("", { location: "/y" }, 302), "/y": reply("", { location: "/x" }, 302) });
    const { pages } = await from("/");
    expect(pages.filter(({ error }) => error?.code === "http_error")).toHaveLength(1);
    expect(fetched().length).toBeLessThan(16);
  });

  test("by their canonical address are one row, and their links are followed", async () => {
    const variant = (n: number) => `<link rel=canonical href=/item>${linking(`/from/${n}`)}`;
    routes["/"] = linking(...Array.from({ length: 50 }, (_, n) => `/item?sort=${n}`));
    routes["/item"] = (response, request) =>
      void response.writeHead(200, { "content-type": "text/html" }).end(variant(Number(request.url?.split("=")[1])));
    for (let n = 0; n < 50; n++) routes[`/from/${n}`] = "x";
    const { pages, state } = await from("/");
    expect(pathsOf(pages).filter((path) => path.startsWith("/item"))).toHaveLength(1);
    expect(pathsOf(pages).filter((path) => path.startsWith("/from/"))).toHaveLength(50);
    expect(state.repeated).toBe(49);
  });

  test("are not those that name the front page, each other or a page that fails", async () => {
    routes["/"] = linking("/a", "/b", "/c", "/d");
    routes["/a"] = "<link rel=canonical href=/>a";
    routes["/b"] = "<link rel=canonical href=/c>b";
    routes["/c"] = "<link rel=canonical href=/b>c";
    routes["/d"] = "<link rel=canonical href=https://elsewhere.example/d>d";
    const { pages } = await from("/");
    expect(pathsOf(pages)).toEqual(expect.arrayContaining(["/", "/a", "/d"]));
    expect(pages.length).toBe(4);
  });
});

describe("what is not followed", () => {
  test("are other sites, nor redirects to them, which fail where the crawl starts there", async () => {
    const other = await openSite({ "/": "other" });
    routes["/"] = linking(other.origin.replace("127.0.0.1", "localhost"), "/away", "https://elsewhere.example/");
    routes["/away"] = reply("", { location: `${other.origin.replace("127.0.0.1", "localhost")}/` }, 302);
    const { pages, state } = await from("/");
    expect(pathsOf(pages)).toEqual(["/"]);
    expect(state.skipped.get("outside")).toBe(3);
    expect((await from("/away")).pages.map(({ error }) => error?.code)).toEqual(["not_allowed"]);
    expect(other.requested).toEqual([]);
    await other.close();
  });

  test("are links marked nofollow, and any of a page that says so, unless robots are not respected", async () => {
    Object.assign(routes, { "/": `${linking("/a")}<a rel="ugc nofollow" href=/b>`, "/b": "b", "/d": "d" });
    routes["/a"] = `<meta name=ROBOTS content="noindex, NoFollow">${linking("/d")}`;
    expect(pathsOf((await from("/")).pages)).toEqual(["/", "/a"]);
    expect(pathsOf((await from("/", { respectRobots: false })).pages).toSorted()).toEqual(["/", "/a", "/b", "/d"]);
  });

  test("are links of a page whose X-Robots-Tag says nofollow, to us or to all", async () => {
    routes["/"] = linking("/all", "/us", "/other");
    routes["/all"] = reply(linking("/1"), { "x-robots-tag": "noindex, nofollow" });
    routes["/us"] = reply(linking("/2"), { "x-robots-tag": "axoner: none" });
    routes["/other"] = reply(linking("/3"), { "x-robots-tag": "otherbot: nofollow" });
    routes["/3"] = "x";
    expect(pathsOf((await from("/")).pages).toSorted()).toEqual(["/", "/3", "/all", "/other", "/us"]);
  });

  test("is what robots.txt forbids, which is counted and no row", async () => {
    routes["/robots.txt"] = reply("User-agent: *\nDisallow: /no", { "content-type": "text/plain" });
    routes["/"] = linking("/no/1", "/no/2", "/yes");
    routes["/yes"] = "x";
    const { pages, state } = await from("/");
    expect(pathsOf(pages)).toEqual(["/", "/yes"]);
    expect(state.skipped.get("robots")).toBe(2);
    const rule = `"Disallow: /no" (line 2 of ${site.origin}/robots.txt)`;
    expect(state.robotsRules).toEqual([rule]);
    const [denied] = (await from("/no/1")).pages;
    expect(denied?.error).toMatchObject({ code: "robots_denied", message: expect.stringContaining(rule) });
  });

  test("are files by their extension, unless a pattern names it", async () => {
    Object.assign(routes, { "/": linking("/a.zip", "/b.ZIP", "/c.html"), "/a.zip": "z", "/c.html": "c" });
    const { pages, state } = await from("/");
    expect([pathsOf(pages), state.skipped.get("file")]).toEqual([["/", "/c.html"], 2]);
    expect(pathsOf((await from("/", { include: ["*.zip"] })).pages)).toEqual(["/", "/a.zip"]);
  });

  test("is what no pattern includes, or one excludes; where it starts is fetched all the same", async () => {
    routes["/"] = linking("/docs/a", "/docs/old/b", "/blog/c", "/docs/d?print=1", "/docs/moved");
    routes["/docs/moved"] = reply("", { location: "/docs/old/b" }, 302);
    for (const path of ["/docs/a", "/docs/old/b", "/blog/c", "/docs/d"]) routes[path] = "x";
    const { pages, state } = await from("/", { include: ["/docs/*"], exclude: ["*/old/*", "*?print=*"] });
    expect(pathsOf(pages)).toEqual(["/", "/docs/a"]);
    expect(state.skipped.get("excluded")).toBe(4);
    const whole = await from("/", { include: [`${site.origin}/blog/*`] });
    expect(pathsOf(whole.pages)).toEqual(["/", "/blog/c"]);
  });

  test("are hosts that the guard refuses, each told once", async () => {
    routes["/"] = linking(...Array.from({ length: 30 }, (_, n) => `http://10.0.0.1/${n}`), "http://[::1]/", "/a");
    routes["/a"] = linking("http://10.0.0.1/more");
    const { pages, state } = await from("/", { sameSite: false });
    expect(pages.map(({ error }) => error?.code ?? "").toSorted()).toEqual([
      "",
      "",
      "blocked_address",
      "blocked_address",
    ]);
    expect(state.skipped.get("blocked")).toBe(30);
  });

  test.each(["docs", "", "[a"])("a pattern %j is refused before anything is fetched", async (pattern) => {
    await expect(from("/", { include: [pattern] })).rejects.toMatchObject({ code: "invalid_input" });
    expect(site.requested).toEqual([]);
  });
});
