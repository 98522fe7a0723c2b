import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openScraper, type Scraper, type ScrapeRequest } from "../../src/web/scrape.ts";
import { scrapeAll, type DecodedPage } from "../support/scraping.ts";
import { endless, openSite, raw, reply, type Route, type Site } from "../support/site.ts";

const page = "<title>T</title><p>hello";
const head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";
const octets = { "content-type": "application/octet-stream" };
let busy = 0;
let late = 0;

const routes: Record<string, Route | string> = {
  "/page": page,
  "/empty": "",
  "/json": reply('{"a":1}', { "content-type": "application/json" }),
  "/latin1": reply(Buffer.from("<p>caf\u00e9", "latin1"), { "content-type": "text/html; charset=iso-8859-1" }),
  "/gzip": reply(gzipSync(page), { "content-encoding": "gzip" }),
  "/br": reply(brotliCompressSync(page), { "content-encoding": "br" }),
  "/zstd": reply(zstdCompressSync(page), { "content-encoding": "zstd" }),
  "/deflate": reply(deflateSync(page), { "content-encoding": "deflate" }),
  "/deflate-raw": reply(deflateRawSync(page), { "content-encoding": "Deflate" }),
  "/twice": reply(gzipSync(brotliCompressSync(page)), { "content-encoding": "br, gzip" }),
  "/sitemap.xml.gz": reply(gzipSync("<urlset><url><loc>https://a.example/x</loc></url></urlset>"), octets),
  "/program.gz": reply("\0\0\0", octets),
  "/program": reply(gzipSync(page), octets),
  "/gzip-empty": reply("", { "content-encoding": "gzip" }),
  "/redirect": reply("", { location: "/page?x=1#y" }, 302),
  "/404": reply("<p>no", {}, 404),
  "/500": reply("<p>no", {}, 500),
  "/204": reply("", {}, 204),
  "/429": reply("", { "retry-after": "3600" }, 429),
  "/busy-twice": (response) => void (busy++ < 2 ? response.writeHead(503).end() : response.end(page)),
  "/reset-once": (response) => void (late++ < 1 ? response.socket?.resetAndDestroy() : response.end(page)),
  "/100-mb": endless,
  "/announces-100-mb": raw(`${head}Content-Length: 100000000\r\n\r\n`),
  "/gzip-bomb": reply(gzipSync(Buffer.alloc(100_000_000)), { "content-encoding": "gzip" }),
  "/br-bomb": reply(brotliCompressSync(Buffer.alloc(100_000_000)), { "content-encoding": "br" }),
  "/double-bomb": reply(gzipSync(gzipSync(Buffer.alloc(100_000_000))), { "content-encoding": "gzip, gzip" }),
  "/gzip-cut": reply(gzipSync(page.repeat(100)).subarray(0, 40), { "content-encoding": "gzip" }),
  "/not-gzip": reply(page, { "content-encoding": "gzip" }),
  "/many-times": reply(page, { "content-encoding": "gzip, br, gzip, br" }),
  "/unknown-encoding": reply(page, { "content-encoding": "snappy" }),
  "/png": reply("\u0089PNG", { "content-type": "image/png" }),
  "/binary": reply("\0\0\0", { "content-type": "text/html" }),
  "/loop": reply("", { location: "/loop" }, 301),
  "/to-private": reply("", { location: "http://169.254.169.254/latest/meta-data/" }, 302),
  "/to-other-loopback": reply("", { location: "http://127.0.0.2/" }, 302),
  "/to-file": reply("", { location: "file:///etc/passwd" }, 302),
  "/to-nothing": reply("", { location: "http://[" }, 302),
  "/silent": () => {},
  "/drip": raw(`${head}Content-Length: 100000\r\n\r\n`, "a"),
  "/drip-headers": raw("HTTP/1.1 200 OK\r\n", "X-A: b\r\n"),
  "/many-interim": raw("", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000)),
  "/unasked-interim": raw("", "HTTP/1.1 100 Continue\r\n\r\n"),
  "/endless-interim": raw("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
  "/long-header": raw(`HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(200_000)}`),
  "/no-http": raw("SSH-2.0-OpenSSH_9.9\r\n"),
  "/reset": (response) => void response.socket?.resetAndDestroy(),
  "/cut": (response) => {
    response.socket?.end(`${head}Content-Length: 1000\r\n\r\n<p>half`);
  },
};

let site: Site;
let scraper: Scraper;

beforeAll(async () => {
  site = await openSite(routes);
  scraper = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1.2.3" });
});
afterAll(async () => {
  await scraper.close();
  await site.close();
});

function collect(paths: string[], more: Partial<ScrapeRequest> = {}): Promise<DecodedPage[]> {
  const urls = paths.map((path) => (path.startsWith("/") ? site.origin + path : path));
  return scrapeAll(scraper, { urls, ...more });
}

async function one(url: string, more: Partial<ScrapeRequest> = {}): Promise<DecodedPage> {
  const [first] = await collect([url], more);
  if (first === undefined) throw new Error("no page");
  return first;
}

describe("a page is read", () => {
  test.each<[path: string, content: string]>([
    ["/page", "hello"],
    ["/empty", ""],
    ["/json", '{"a":1}'],
    ["/latin1", "caf\u00e9"],
    ["/gzip", "hello"],
    ["/br", "hello"],
    ["/zstd", "hello"],
    ["/deflate", "hello"],
    ["/deflate-raw", "hello"],
    ["/twice", "hello"],
    ["/sitemap.xml.gz", "- https://a.example/x"],
    ["/gzip-empty", ""],
    ["/busy-twice", "hello"],
    ["/reset-once", "hello"],
  ])("from %s", async (path, content) => {
    expect(await one(path)).toMatchObject({ url: site.origin + path, status: 200, content, error: undefined });
  });

  test("with all that is known about it", async () => {
    const found = await one("/redirect", { select: [{ name: "p", css: "p" }] });
    expect(found).toEqual({
      url: `${site.origin}/redirect`,
      finalUrl: `${site.origin}/page?x=1#y`,
      status: 200,
      title: "T",
      content: "hello",
      selected: ["hello"],
      fetchedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      elapsedMs: expect.any(Number),
      sizeBytes: page.length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      error: undefined,
    });
  });

  test("under a truthful name", async () => {
    let agent: string | undefined;
    routes["/agent"] = (response, request) => {
      agent = request.headers["user-agent"];
      response.end(page);
    };
    await one("/agent");
    expect(agent).toBe("axoner/1.2.3");
  });
});

describe("a page fails", () => {
  const cases: [path: string, code: string, status: number | null, timeoutMs?: number][] = [
    ["/404", "http_error", 404],
    ["/500", "http_error", 500],
    ["/missing", "http_error", 404],
    ["/429", "rate_limited", 429],
    ["/100-mb", "too_large", 200],
    ["/announces-100-mb", "too_large", 200],
    ["/gzip-bomb", "too_large", 200],
    ["/br-bomb", "too_large", 200],
    ["/double-bomb", "too_large", 200],
    ["/gzip-cut", "unreadable", 200],
    ["/not-gzip", "unreadable", 200],
    ["/many-times", "unreadable", 200],
    ["/unknown-encoding", "unreadable", 200],
    ["/program.gz", "unreadable", 200],
    ["/program", "unreadable", 200],
    ["/png", "unreadable", 200],
    ["/binary", "unreadable", 200],
    ["/loop", "http_error", 301],
    ["/to-private", "blocked_address", null],
    ["/to-other-loopback", "blocked_address", null],
    ["/to-file", "blocked_address", null],
    ["/to-nothing", "http_error", 302],
    ["/silent", "timeout", null, 150],
    ["/drip", "timeout", null, 150],
    ["/drip-headers", "timeout", null, 150],
    ["/endless-interim", "timeout", null, 150],
    ["/many-interim", "http_error", null],
    ["/unasked-interim", "http_error", null],
    ["/long-header", "http_error", null],
    ["/no-http", "http_error", null],
    ["/reset", "unavailable", null, 300],
    ["/cut", "unavailable", null, 300],
    ["http://127.0.0.1:9/", "blocked_address", null],
    ["http://localhost:1/", "blocked_address", null],
    ["http://no-such-host.invalid/", "not_found", null],
    ["https://HOST/page", "unavailable", null],
  ];

  test.each(cases)("%s: %s, status %s", async (path, code, status, timeoutMs = 5_000) => {
    const found = await one(path.replace("HOST", site.host), { timeoutMs });
    expect(found).toMatchObject({ status, content: null, error: { code } });
  });

  test("and its address tells no password", async () => {
    routes["/to-user"] = (response) => {
      response.writeHead(302, { location: `http://me:secret@${site.host}/page` }).end();
    };
    const [redirected, asked] = await collect(["/to-user", `http://me:secret@${site.host}/page`]);
    expect(redirected).toMatchObject({ finalUrl: `http://***@${site.host}/page`, error: { code: "blocked_address" } });
    expect(asked?.finalUrl).toBe(`http://***@${site.host}/page`);
  });

  test("and the others are there, in order", async () => {
    const paths = ["/silent", "/page", "/404", "/gzip", "/drip", "/json", "/announces-100-mb", "/br"];
    const found = await collect(paths, { timeoutMs: 1_500 });
    expect(found.map(({ url }) => url)).toEqual(paths.map((path) => site.origin + path));
    expect(found.map(({ error }) => error?.code ?? "ok")).toEqual([
      "timeout",
      "ok",
      "http_error",
      "ok",
      "timeout",
      "ok",
      "too_large",
      "ok",
    ]);
  });

  test("where a name is allowed but leads elsewhere", async () => {
    const other = openScraper({ allowPrivate: ["other.example"], userAgent: "axoner/1" });
    const urls = [`http://localhost:${site.host.split(":")[1]}/page`];
    const [found] = await scrapeAll(other, { urls });
    expect(found?.error).toMatchObject({
      code: "blocked_address",
      message: expect.stringContaining("--allow-private"),
    });
    await other.close();
  });
});
