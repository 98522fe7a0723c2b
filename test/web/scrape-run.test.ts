import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { crawlAll } from "../support/crawling.ts";
import { scrapeAll } from "../support/scraping.ts";
import { endless, openSite, raw, reply, type Route, type Site } from "../support/site.ts";

const page = "<title>T</title><p>hello";
const drip = raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "a");
const slow: Route = (response, request) => void setTimeout(() => reply(page)(response, request), 30);

let site: Site;
let scraper: Scraper;
let routes: Record<string, Route | string>;

beforeEach(async () => {
  routes = { "/page": page, "/other": page, "/slow": slow, "/silent": () => {}, "/drip": drip, "/endless": endless };
  site = await openSite(routes);
  scraper = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1" });
});
afterEach(async () => {
  await scraper.close();
  await site.close();
});

const at = (...paths: string[]) => paths.map((path) => site.origin + path);

test("what is asked for twice is fetched once", async () => {
  const urls = at("/page", "/other", "/page#part", "/page");
  const found = await scrapeAll(scraper, { urls });
  expect(found.map(({ url, content }) => [url, content])).toEqual(urls.map((url) => [url, "hello"]));
  expect(site.requested.toSorted()).toEqual(["/other", "/page"]);
});

test("no host gets more requests at a time than it may", async () => {
  const urls = at(...Array.from({ length: 20 }, (_, n) => `/slow?${n}`));
  const found = await scrapeAll(scraper, { urls, perHost: 3 });
  expect(found.filter(({ error }) => error === undefined)).toHaveLength(20);
  expect(site.busiest()).toBe(3);
});

test("large pages behind a slow one are not all held in memory", { timeout: 60_000 }, async () => {
  let read = 0;
  let answerFirst = () => {};
  routes["/first"] = (response, request) => {
    answerFirst = () => reply(page)(response, request);
  };
  routes["/large"] = `<p>${"a".repeat(8_000_000)}`;
  const urls = at("/first", ...Array.from({ length: 30 }, (_, n) => `/large?${n}`));
  const run = scrapeAll(scraper, { urls, perHost: 2, timeoutMs: 60_000, onPage: () => void (read += 1) });
  await vi.waitUntil(() => read >= 1, 15_000);
  await delay(100);
  expect(site.requested.length).toBeLessThan(8);
  answerFirst();
  expect((await run).every(({ error }) => error === undefined)).toBe(true);
});

test(
  "what a large page waits for others to be written is not taken from its own time",
  { timeout: 30_000 },
  async () => {
    let read = 0;
    let answerFirst = () => {};
    routes["/first"] = (response, request) => {
      answerFirst = () => reply(page)(response, request);
    };
    routes["/large"] = `<p>${"a".repeat(8_000_000)}`;
    const urls = at("/first", "/large?1", "/large?2", "/large?3");
    const run = scrapeAll(scraper, { urls, timeoutMs: 60_000, onPage: () => void (read += 1) });
    await vi.waitUntil(() => read >= 1, 15_000);
    const other = crawlAll(scraper, { startUrls: at("/large?4"), timeoutMs: 2_000, respectRobots: false, maxDepth: 0 });
    await delay(2_500);
    answerFirst();
    expect((await other).pages).toMatchObject([{ error: undefined }]);
    expect((await run).every(({ error }) => error === undefined)).toBe(true);
  },
);

test(
  "large pages of unknown length, of several runs and many at a time, all come to an end",
  { timeout: 60_000 },
  async () => {
    const large = `<p>${"a".repeat(3_000_000)}`;
    routes["/large"] = (response) => {
      response.writeHead(200, { "content-type": "text/html" });
      for (let part = 0; part < 3; part += 1) response.write(large.slice(0, 1_000_000));
      response.end();
    };
    const urls = (run: number) => at(...Array.from({ length: 8 }, (_, n) => `/large?${run}-${n}`));
    const runs = [1, 2, 3].map((run) => scrapeAll(scraper, { urls: urls(run), timeoutMs: 30_000 }));
    const crawl = crawlAll(scraper, { startUrls: urls(4), respectRobots: false, maxDepth: 0, timeoutMs: 30_000 });
    const pages = [...(await Promise.all(runs)).flat(), ...(await crawl).pages];
    expect(pages.map(({ error }) => error)).toEqual(Array.from({ length: 32 }, () => undefined));
  },
);

describe("cookies", () => {
  const echo: Route = (response, { headers }) => reply(`cookies: ${headers.cookie ?? "none"}`)(response, {} as never);
  const set = (cookies: string[], location = "/echo"): Route => {
    return (response) => void response.writeHead(302, { location, "set-cookie": cookies }).end();
  };
  const contents = async (urls: string[]) => (await scrapeAll(scraper, { urls })).map(({ content }) => content);

  test("set on the way to a page are sent with it, in this run only", async () => {
    Object.assign(routes, { "/echo": echo, "/in": set(["id=7; HttpOnly", "b=2; Path=/echo", "c=3; Path=/other"]) });
    expect(await contents(at("/in"))).toEqual(["cookies: b=2; id=7"]);
    expect(await contents(at("/echo"))).toEqual(["cookies: none"]);
  });

  test("go to the site that set them alone", async () => {
    const other = await openSite({ "/echo": echo });
    const host = other.host.replace("127.0.0.1", "localhost");
    const both = openScraper({ allowPrivate: [site.host, host], userAgent: "axoner/1" });
    routes["/away"] = set(["id=7", "x=1; Domain=localhost", "y=1; Domain=0.0.1"], `http://${host}/echo`);
    const [found] = await scrapeAll(both, { urls: at("/away") });
    expect(found?.content).toBe("cookies: none");
    await both.close();
    await other.close();
  });

  test("of countless names and sizes are kept to a measure", async () => {
    Object.assign(routes, {
      "/echo": echo,
      "/in": set(["=", "\u00ff=1", `long=${"x".repeat(5_000)}`, ...Array.from({ length: 300 }, (_, n) => `n${n}=1`)]),
    });
    const [sent] = await contents(at("/in"));
    expect(String(sent)).not.toContain("long");
    expect(String(sent).split(";").length).toBeLessThanOrEqual(50);
  });
});

describe("a busy host", () => {
  const refuse = (count: number, headers: Record<string, string>): Route => {
    let left = count;
    return (response, request) => reply(page, left > 0 ? headers : {}, left-- > 0 ? 429 : 200)(response, request);
  };

  test("loses no page, and is asked little more than once for each", async () => {
    routes["/busy"] = refuse(4, {});
    const urls = at(...Array.from({ length: 30 }, (_, n) => `/busy?${n}`));
    const found = await scrapeAll(scraper, { urls, perHost: 4 });
    expect(found.filter(({ error }) => error === undefined)).toHaveLength(30);
    expect(site.requested).toHaveLength(34);
  });

  test("that wants to be left alone for long is not asked for its other pages", async () => {
    routes["/busy"] = refuse(100, { "retry-after": "3600" });
    const urls = at(...Array.from({ length: 30 }, (_, n) => `/busy?${n}`));
    const found = await scrapeAll(scraper, { urls, perHost: 2 });
    expect(found.every(({ error }) => error?.code === "rate_limited")).toBe(true);
    expect(site.requested).toHaveLength(2);
  });

  test("by its robots.txt gets its requests apart", async () => {
    routes["/robots.txt"] = reply("User-agent: *\nCrawl-delay: 0.1", { "content-type": "text/plain" });
    const started = performance.now();
    await scrapeAll(scraper, { urls: at("/page", "/other", "/slow"), respectRobots: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
  });
});

describe("a robots.txt", () => {
  test("is asked for once and obeyed, after a redirect too", async () => {
    routes["/robots.txt"] = reply("User-agent: *\nDisallow: /other", { "content-type": "text/plain" });
    routes["/to-other"] = reply("", { location: "/other" }, 302);
    const found = await scrapeAll(scraper, { urls: at("/page", "/other", "/to-other"), respectRobots: true });
    expect(found.map(({ error }) => error?.code)).toEqual([undefined, "robots_denied", "robots_denied"]);
    expect(site.requested.toSorted()).toEqual(["/page", "/robots.txt", "/to-other"]);
  });

  const forbidden = "User-agent: axoner\nDisallow: /";
  test.each<[what: string, robots: Route, code: string | undefined]>([
    ["that is not there forbids nothing", reply("", {}, 404), undefined],
    ["that fails forbids everything", reply("", {}, 500), "robots_denied"],
    ["that is redirected counts", reply("", { location: "/rules" }, 301), "robots_denied"],
    ["that is redirected for ever forbids nothing", reply("", { location: "/robots.txt" }, 301), undefined],
    ["that is compressed counts", reply(gzipSync(forbidden), { "content-encoding": "gzip" }), "robots_denied"],
    ["without end counts by its start", endless, undefined],
    ["that does not come is a timeout", () => {}, "timeout"],
    ["elsewhere is refused like a page", reply("", { location: "http://10.0.0.1/" }, 301), "blocked_address"],
  ])("%s", async (_what, robots, code) => {
    routes["/robots.txt"] = robots;
    routes["/rules"] = reply(forbidden);
    const timeoutMs = code === "timeout" ? 150 : 5_000;
    const [found] = await scrapeAll(scraper, { urls: at("/page"), respectRobots: true, timeoutMs });
    expect(found?.error?.code).toBe(code);
  });
});

describe("the end of a run", () => {
  test("by abort has its reason and leaves no socket open", async () => {
    const stop = new AbortController();
    const urls = at("/silent", "/drip", "/silent?2", "/silent?3");
    const run = scrapeAll(scraper, { urls, timeoutMs: 60_000 }, stop.signal);
    while (site.openSockets() < 4) await delay(5);
    stop.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    while (site.openSockets() > 0) await delay(5);
  });

  test("comes when nobody listens any more", async () => {
    const urls = at(...Array.from({ length: 1_000 }, (_, n) => `/slow?${n}`));
    const limits = {
      concurrency: 2,
      perHost: 2,
      timeoutMs: 5_000,
      respectRobots: false,
      onPage: () => {},
      render: "never",
      shownChars: 100,
    } as const;
    const request = { urls, extract: "text", select: [], ...limits } as const;
    for await (const found of scraper.scrape(request, new AbortController().signal)) {
      expect(found.content?.shown).toBe("hello");
      break;
    }
    while (site.openSockets() > 0) await delay(5);
    expect(site.requested.length).toBeLessThan(900);
  });

  test("comes when the scraper is closed", async () => {
    const run = scrapeAll(scraper, { urls: at("/silent"), timeoutMs: 60_000 });
    while (site.openSockets() < 1) await delay(5);
    await Promise.all([expect(run).rejects.toThrow("closed"), scraper.close()]);
  });

  test("leaves the process free to end, without closing anything", async () => {
    const script = `
      import { openScraper } from ${JSON.stringify(new URL("../../src/web/scrape.ts", import.meta.url).href)};
      const scraper = openScraper({ allowPrivate: ["${site.host}"], userAgent: "axoner/1" });
      const limits = { concurrency: 2, perHost: 2, timeoutMs: 5000, respectRobots: true, onPage() {} };
      const request = { urls: ["${site.origin}/page"], extract: "text", select: [], ...limits };
      for await (const page of scraper.scrape(request, new AbortController().signal)) console.log(page.status);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    await once(child, "close");
    expect([output, child.exitCode]).toEqual(["200\n", 0]);
  });
});
