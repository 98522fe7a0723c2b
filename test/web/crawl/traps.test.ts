import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openScraper, type Scraper } from "../../../src/web/scrape.ts";
import { crawlAll, linking } from "../../support/crawling.ts";
import { openSite, reply, type Route } from "../../support/site.ts";

let scraper: Scraper;
let routes: Record<string, Route | string>;

beforeEach(() => {
  routes = {};
  scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1" });
});
afterEach(() => scraper.close());

describe("a trap", () => {
  const answering = (page: (path: string) => string): void => {
    routes["/robots.txt"] = reply("", {}, 404);
    const route: Route = (response, request) => reply(page(request.url ?? ""))(response, request);
    const every = new Proxy(routes, { get: (own, path: string) => own[path] ?? route });
    routes = every;
  };

  async function trapped(page: (path: string) => string, more: Partial<Parameters<typeof crawlAll>[1]> = {}) {
    answering(page);
    const hostile = await openSite(routes);
    try {
      const limits = { maxPages: 3_000, maxDepth: 1_000, ...more };
      const { pages, state } = await crawlAll(scraper, { startUrls: [`${hostile.origin}/`], ...limits });
      return { pages, count: pages.length, skipped: state.skipped, state };
    } finally {
      await hostile.close();
    }
  }

  test("of a calendar without end ends", async () => {
    const { count, skipped } = await trapped((path) => {
      const [, year = "2026", month = "1"] = /(\d+)\/(\d+)$/.exec(path) ?? [];
      const next = Number(year) * 12 + Number(month);
      return linking(`/cal/${Math.floor(next / 12)}/${(next % 12) + 1}`, `${path} `);
    });
    expect(count).toBeLessThan(150);
    expect((skipped.get("chain") ?? 0) + (skipped.get("dates") ?? 0)).toBeGreaterThan(0);
  });

  /** A site of some pages, each of which leads into a trap too. */
  const inSite = (trap: (n: number) => string[]) => {
    let n = 0;
    return (path: string) => {
      const own = path === "/" ? Array.from({ length: 400 }, (_, page) => `/article-${page}`) : [];
      return `${++n}${linking(...trap(n), ...own)}`;
    };
  };

  test.each<[name: string, trap: (n: number) => string[]]>([
    ["session numbers in the query", (n) => [0, 1, 2].map((more) => `/list?sid=${1_764_000_000_000 + 3 * n + more}`)],
    ["a calendar by month", (n) => [0, 1].map((more) => `/calendar?year=${2026 + n}&month=${1 + (more % 12)}`)],
    ["days, in one run of digits", (n) => [10, 20].map((day) => `/events/${2026 + (n % 200)}11${day}?view=${n}`)],
  ])("of %s leaves most of a crawl to other pages", async (_name, trap) => {
    const { pages } = await trapped(inSite(trap), { maxPages: 300, maxDepth: 50 });
    const articles = pages.filter(({ url }) => /article/.test(url));
    expect(pages).toHaveLength(300);
    expect(articles.length).toBeGreaterThan(250);
  });

  test("of ever deeper paths ends", async () => {
    const { count, skipped } = await trapped((path) =>
      linking(`${path.replace(/\/$/, "")}/more`, `./deep/${path.length}/`),
    );
    expect(count).toBeLessThan(500);
    expect(skipped.get("repeats")).toBeGreaterThan(0);
  });

  test("of filters that combine at will ends", async () => {
    let n = 0;
    const { count, skipped } = await trapped(() => {
      const more = Array.from({ length: 20 }, () => `/shop?color=${++n}&size=${n}&sort=${n}`);
      return `${n}${linking(...more)}`;
    });
    expect(count).toBe(201);
    expect(skipped.get("queries")).toBeGreaterThan(100);
  });

  test("of sessions in paths ends", async () => {
    let n = 0;
    const session = () => `a1${(++n).toString(16).padStart(22, "0")}`;
    const { count, skipped } = await trapped(() => `${n}${linking(`/${session()}/page`, `/${session()}/page`)}`);
    expect(count).toBe(501);
    expect(skipped.get("sessions")).toBeGreaterThan(0);
  });

  test("of one page that links to itself under ever new names ends", async () => {
    const { count, state } = await trapped(() => linking("x/", "y/", "z/"), { maxDepth: 12 });
    expect(count).toBeLessThan(30);
    expect(state.skipped.get("copy")).toBeGreaterThan(0);
  });

  test("of a page with 100,000 links costs no more than a few thousand of them", async () => {
    const links = linking(...Array.from({ length: 100_000 }, (_, n) => `/p/${n}`));
    const { count, state } = await trapped((path) => (path === "/" ? links : "x"), { maxPages: 50 });
    expect([count, state.excessLinks, state.left]).toEqual([50, 95_000, 4_951]);
  });
});
