import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { openHostileServer, send, type HostileServer } from "../support/hostile-server.ts";
import { scrapeAll } from "../support/scraping.ts";

const pageBytes = 5_000_000;
const count = 60;

let server: HostileServer;
let scraper: Scraper;
let cache: string;
/** Pages of which all but the end is sent, and what sends the ends. */
let waiting: (() => void)[];

beforeEach(async () => {
  waiting = [];
  cache = await mkdtemp(join(tmpdir(), "axoner-slow-pages-"));
  server = await openHostileServer({
    together: (socket) => sendTogether(socket, count),
    never: (socket) => sendTogether(socket, Infinity),
  });
  scraper = openScraper({ allowPrivate: [server.host], userAgent: "axoner/1", cacheFolder: async () => cache });
});
afterEach(async () => {
  await scraper.close();
  await server.close();
  await rm(cache, { recursive: true, force: true });
});

/** The last bytes are sent once so many pages have come as far. */
async function sendTogether(socket: Parameters<typeof send>[0], together: number): Promise<void> {
  const part = Buffer.alloc(100_000, "lorem ipsum ");
  await send(socket, `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${pageBytes}\r\n\r\n`);
  for (let sent = part.byteLength; sent < pageBytes; sent += part.byteLength) await send(socket, part);
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (waiting.length >= together) for (const go of waiting.splice(0)) go();
  await promise;
  await send(socket, part);
}

/** Files that are open and that no name leads to. */
function unnamedFiles(): number {
  const names = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // it was the folder that is being read
    }
  });
  return names.filter((name) => name.startsWith(cache) && name.endsWith(" (deleted)")).length;
}

test.runIf(process.platform === "linux")(
  "what has come of large pages lies in files without a name, and is gone after a cancel",
  { timeout: 60_000 },
  async () => {
    const urls = Array.from({ length: 20 }, (_, n) => `${server.origin}/never?${n}`);
    const cancel = new AbortController();
    const scraped = scrapeAll(scraper, { urls, concurrency: 20, perHost: 20, timeoutMs: 30_000 }, cancel.signal);
    await expect.poll(unnamedFiles, { timeout: 60_000 }).toBe(urls.length);
    expect(await readdir(cache)).toEqual(["pages"]);
    cancel.abort(new Error("enough"));
    await expect(scraped).rejects.toThrow("enough");
    expect(unnamedFiles()).toBe(0);
  },
);
