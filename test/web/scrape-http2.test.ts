import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const certificate = join(import.meta.dirname, "../fixtures/tls/localhost-cert.pem");
const versions: string[] = [];
let connectionCount = 0;
let openCount = 0;
let underWay = 0;
let busiest = 0;

const pages: Record<string, (response: Http2ServerResponse, request: Http2ServerRequest) => void> = {
  "/page": (response) => {
    setTimeout(() => response.writeHead(200, { "content-type": "text/html" }).end("<p>hello"), 20);
  },
  "/reset": (response) => response.stream.close(2),
  "/goaway": (response) => response.stream.session?.goaway(0),
  "/drop": (response) => response.stream.session?.destroy(),
  "/long": (response) => {
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x-${n}`, "y".repeat(4_000)]));
    response.writeHead(200, headers).end();
  },
  "/interim": (response) => {
    const timer = setInterval(
      () => response.stream.destroyed || response.stream.additionalHeaders({ ":status": 103 }),
      5,
    );
    response.stream.on("close", () => clearInterval(timer));
  },
  "/silent": () => {},
  "/longer-than-told": (response) => lie(response, whole.length - 100).end(),
  "/longer-than-told-and-open": (response) => lie(response, whole.length - 100),
  "/shorter-than-told": (response) => lie(response, whole.length + 100).end(),
  "/shorter-than-told-and-open": (response) => lie(response, whole.length + 100),
};
const whole = `<p>${"whole ".repeat(1_000)}end`;

function lie(response: Http2ServerResponse, length: number): Http2ServerResponse {
  response.writeHead(200, { "content-type": "text/html", "content-length": String(length) }).write(whole);
  return response;
}

const server = createSecureServer(
  {
    cert: readFileSync(certificate),
    key: readFileSync(join(certificate, "../localhost-key.pem")),
    allowHTTP1: true,
    settings: { maxConcurrentStreams: 100 },
  },
  (request, response) => {
    versions.push(request.httpVersion);
    underWay += 1;
    busiest = Math.max(busiest, underWay);
    response.on("close", () => (underWay -= 1));
    response.on("error", () => {});
    pages[request.url.split("?", 1)[0] ?? ""]?.(response, request);
  },
);
server.on("secureConnection", (socket: TLSSocket) => {
  connectionCount += 1;
  openCount += 1;
  socket.on("close", () => (openCount -= 1));
  socket.on("error", () => {});
});
server.on("sessionError", () => {});
let origin: string;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  versions.length = 0;
  connectionCount = busiest = 0;
});

/** In a process of its own, which trusts the certificate. */
async function scrape(paths: string[], request: object, abortMs?: number): Promise<string[]> {
  const script = `
    import { openScraper } from ${JSON.stringify(new URL("../../src/web/scrape.ts", import.meta.url).href)};
    import { scrapeAll } from ${JSON.stringify(new URL("../support/scraping.ts", import.meta.url).href)};
    const scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1" });
    const urls = ${JSON.stringify(paths.map((path) => origin + path))};
    const signal = ${abortMs === undefined ? "undefined" : `AbortSignal.timeout(${abortMs})`};
    const pages = await scrapeAll(scraper, { urls, ...${JSON.stringify(request)} }, signal).catch(({ name }) => name);
    console.log(JSON.stringify(pages.map?.(({ content, error }) => error?.code ?? content) ?? [pages]));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { NODE_EXTRA_CA_CERTS: certificate },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  await once(child, "close");
  return JSON.parse(output) as string[];
}

describe("a server that offers HTTP/2", () => {
  test("gives its pages over one connection, as many at once as it may be asked for", async () => {
    const paths = Array.from({ length: 40 }, (_, n) => `/page?${n}`);
    expect(await scrape(paths, { perHost: 8 })).toEqual(paths.map(() => "hello"));
    expect(new Set(versions)).toEqual(new Set(["2.0"]));
    expect(connectionCount).toBe(1);
    expect(busiest).toBe(8);
  });

  test("costs no other page by what it does to one", async () => {
    const paths = [
      "/page",
      "/reset",
      "/page?2",
      "/silent",
      "/interim",
      "/long",
      "/page?3",
      "/goaway",
      "/drop",
      "/page?4",
    ];
    const found = await scrape(paths, { perHost: 1, timeoutMs: 700 });
    expect(found.map((one, at) => (paths[at]?.startsWith("/page") === true ? one : one === "hello"))).toEqual(
      paths.map((path) => (path.startsWith("/page") ? "hello" : false)),
    );
  });

  test(
    "and lies about a length has no part taken for the whole, and costs no page beside",
    { timeout: 60_000 },
    async () => {
      const lies = Object.keys(pages).filter((path) => path.includes("than-told"));
      const paths = lies.flatMap((path) => [path, `/page?after${path}`]);
      for (const perHost of [1, 8]) {
        const found = await scrape(paths, { perHost, timeoutMs: 3_000 });
        const ends = found.map((one) => (/^(?:http_error|unavailable|timeout)$/.test(one) ? "refused" : one));
        expect(ends).toEqual(lies.flatMap(() => ["refused", "hello"]));
      }
    },
  );

  test("has no connection left after an abort", async () => {
    const paths = Array.from({ length: 10 }, (_, n) => `/silent?${n}`);
    expect(await scrape(paths, { perHost: 4, timeoutMs: 60_000 }, 400)).toEqual(["TimeoutError"]);
    await expect.poll(() => openCount).toBe(0);
  });
});
