/**
 * Every hostile page against a real server, spoken to as a client does: what comes of it, how long it takes, and the most
 * memory that the server and its children had together (proportional set size; Linux). Ends with 1 where that is too much.
 *
 *   node bench/hostile.ts             after npm run build
 *   --cases bomb,links                only cases whose names hold one of these
 *   --together                        all in one server, one after the other, instead of a server for each
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { brokenProtocol } from "../test/support/hostile-answers.ts";
import { bombs, largePages, middlingPages } from "../test/support/hostile-pages.ts";
import { openHostileServer, page, type HostileServer } from "../test/support/hostile-server.ts";
import { measureTree } from "./process/tree.ts";
import { unshared } from "./process/unshared.ts";

const limitMb = 300;
const deadlineMs = 300_000;

interface Case {
  name: string;
  tool: "scrape" | "crawl";
  input: object;
}

interface Result {
  rows?: unknown[][];
  row_count?: number;
  failures?: { code: string }[];
  ok?: number;
  failed?: number;
  notes?: string[];
  code?: string;
  message?: string;
}

const { values } = parseArgs({ options: { cases: { type: "string" }, together: { type: "boolean" } } });
const wanted = values.cases?.split(",");
const site = await openHostileServer({
  ...brokenProtocol,
  ...bombs,
  ...largePages,
  ...middlingPages,
  ...endlessSites(),
});
const dead = await closedPort();
const all = casesFor(site, dead).filter(({ name }) => wanted?.some((part) => name.includes(part)) ?? true);
const peaks = values.together === true ? await runTogether(all) : await runApart(all);
await site.close();
const highest = Math.max(...peaks);
console.log(`\nhighest: ${highest.toFixed(0)} MB of ${limitMb}`);
process.exitCode = highest < limitMb ? 0 : 1;

function casesFor({ origin }: HostileServer, deadHost: string): Case[] {
  const alone = [
    ...Object.keys(brokenProtocol),
    ...Object.keys(bombs),
    ...Object.keys(largePages),
    ...Object.keys(middlingPages),
  ];
  return [
    ...alone.map((name) => scrape(name, [`${origin}/${name}`], { timeout_s: 5 })),
    ...many(origin, deadHost),
    ...crawls(origin),
  ];
}

function scrape(name: string, urls: string[], more: object = {}): Case {
  return { name, tool: "scrape", input: { urls, respect_robots: false, max_chars: 100, ...more } };
}

/** Many pages in one call. */
function many(origin: string, deadHost: string): Case[] {
  const large = Object.keys(largePages).map((name) => `${origin}/${name}`);
  const middling = Object.keys(middlingPages).map((name) => `${origin}/${name}`);
  const mix = [1, 2, 3].flatMap((round) => middling.map((url) => `${url}?${round}`));
  const times = (count: number, url: (n: number) => string) => Array.from({ length: count }, (_, n) => url(n));
  const isDead = (n: number) => n % 5 !== 0;
  const mostlyDead = times(5_000, (n) => (isDead(n) ? deadUrl(n, origin, deadHost) : `${origin}/small?${n}`));
  const bomb = (n: number) => `${origin}/bomb-${["gzip", "br", "zstd", "deflate"][n % 4]}?${n}`;
  return [
    ...["text", "links", "tables", "metadata", "html"].map((extract) =>
      scrape(`large pages as ${extract}`, large, { extract }),
    ),
    ...["markdown", "text", "links", "tables", "html"].map((extract) =>
      scrape(`mix of middling pages as ${extract}`, mix, { extract, per_host: 16, timeout_s: 60 }),
    ),
    scrape("mix of middling pages, selected", mix, {
      select: [{ name: "a", css: "em, td, h1, img, li", many: true }],
      per_host: 16,
    }),
    scrape("large pages, selected", large, { select: [{ name: "a", css: "a, td, p", many: true }] }),
    scrape(
      "100 pages of 9.9 MB",
      times(100, (n) => `${origin}/text?${n}`),
      { timeout_s: 60 },
    ),
    scrape(
      "200 pages of 200 MB",
      times(200, (n) => `${origin}/page-200-mb?${n}`),
      { timeout_s: 60 },
    ),
    scrape("200 bombs", times(200, bomb)),
    scrape("5,000 addresses, 4,000 of them dead", mostlyDead, { timeout_s: 1, concurrency: 256, per_host: 64 }),
    scrape(
      "one address 10,000 times",
      times(10_000, () => `${origin}/small`),
    ),
  ];
}

function crawls(origin: string): Case[] {
  const crawl = (name: string, path: string, pages: number): Case => {
    const input = { start_urls: [origin + path], max_chars: 100, max_depth: 50, max_pages: pages };
    return { name, tool: "crawl", input };
  };
  return [
    crawl("crawl of pages with 20,000 links", "/linked/0", 200),
    crawl("crawl of pages with 20,000 long links", "/linked-long/0", 100),
    crawl("crawl of pages with 700,000 links", "/links", 10),
    crawl("crawl of an endless calendar", "/calendar/0", 1_000),
    crawl("crawl of endless sitemaps", "/sitemapped", 200),
    crawl("crawl of large pages", "/large", 100),
  ];
}

function deadUrl(n: number, origin: string, deadHost: string): string {
  return (
    [`http://${deadHost}/${n}`, `${origin}/resets?${n}`, `${origin}/silent?${n}`, `http://no-${n}.invalid/`][n % 4] ??
    ""
  );
}

/** Sites that a crawl could follow for ever. */
function endlessSites(): Parameters<typeof openHostileServer>[0] {
  const links = (count: number, to: (n: number) => string) =>
    `<title>T</title>${Array.from({ length: count }, (_, n) => `<a href="${to(n)}">link ${n}</a>`).join(" ")}`;
  const numberIn = (path: string) => Number(/\d+/.exec(path)?.[0] ?? 0);
  return {
    small: page("<title>T</title><p>hello"),
    linked: (socket, path) => page(links(20_000, (n) => `/linked/${numberIn(path) * 20_000 + n + 1}`))(socket, path),
    "linked-long": (socket, path) =>
      page(links(4_000, (n) => `/linked-long/${numberIn(path) * 4_000 + n + 1}-${"a".repeat(1_900)}`))(socket, path),
    calendar: (socket, path) =>
      page(links(2, (n) => `/calendar/${numberIn(path) + n}?month=${numberIn(path) + n}`))(socket, path),
    sitemapped: page("<p>x"),
    "sitemap.xml": (socket, path) => {
      const sitemaps = Array.from(
        { length: 5_000 },
        (_, n) => `<sitemap><loc>http://${site.host}/sitemap-part/${n}</loc></sitemap>`,
      );
      return page(`<sitemapindex>${sitemaps.join("")}</sitemapindex>`, { "Content-Type": "application/xml" })(
        socket,
        path,
      );
    },
    "sitemap-part": (socket, path) => {
      const pages = Array.from(
        { length: 50_000 },
        (_, n) => `<url><loc>http://${site.host}/small/${numberIn(path)}-${n}</loc></url>`,
      );
      return page(`<urlset>${pages.join("")}</urlset>`, { "Content-Type": "application/xml" })(socket, path);
    },
    large: page(
      Object.keys(largePages)
        .map((name) => `<a href="/${name}">x</a>`)
        .join(""),
    ),
  };
}

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

async function runApart(cases: readonly Case[]): Promise<number[]> {
  const found: number[] = [];
  for (const one of cases) {
    found.push(...(await withServer((pid, call) => runCase(one, pid, call).then((peak) => [peak]))));
  }
  return found;
}

async function runTogether(cases: readonly Case[]): Promise<number[]> {
  return withServer(async (pid, call) => {
    const found: number[] = [];
    for (const one of cases) found.push(await runCase(one, pid, call));
    return found;
  });
}

type Call = (tool: string, input: object) => Promise<Result>;

async function runCase({ name, tool, input }: Case, pid: number, call: Call): Promise<number> {
  const { answer, usage } = await measureTree(pid, () => call(tool, input));
  const told = answer.code === undefined ? outcome(answer) : `${answer.code}: ${answer.message}`;
  console.log(
    `${usage.peakMb.toFixed(0).padStart(5)} MB ${usage.wallS.toFixed(1).padStart(6)} s  ${name}: ${told.slice(0, 200)}`,
  );
  return usage.peakMb;
}

function outcome({ ok = 0, failed = 0, failures = [], row_count: rows }: Result): string {
  const codes = [...new Set(failures.map(({ code }) => code))].join(", ");
  return `${rows} rows, ${ok} ok, ${failed} failed${codes === "" ? "" : ` (${codes})`}`;
}

async function withServer(work: (pid: number, call: Call) => Promise<number[]>): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), "axoner-hostile-"));
  const command = [
    join(import.meta.dirname, "../dist/mcp-server.js"),
    "--root",
    folder,
    "--allow-private",
    "127.0.0.1",
    ...unshared,
  ];
  const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const waiting = new Map<unknown, (result: Result) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, result } = JSON.parse(line) as { id?: number; result?: { structuredContent?: Result } };
    waiting.get(id)?.(result?.structuredContent ?? {});
  });
  let lastId = 0;
  const request = async (method: string, params: object) => {
    const id = (lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    waiting.set(id, resolve);
    const timer = setTimeout(
      () => reject(new Error(`no answer to ${JSON.stringify(params).slice(0, 100)}`)),
      deadlineMs,
    );
    void exited.then(() => reject(new Error("the server ended")));
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return promise.finally(() => clearTimeout(timer));
  };
  try {
    const client = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "0.0.0" } };
    await request("initialize", client);
    return await work(child.pid ?? 0, (name, input) => request("tools/call", { name, arguments: input }));
  } finally {
    child.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}
