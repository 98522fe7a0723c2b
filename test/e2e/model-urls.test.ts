import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { openDnsServer, type DnsServer } from "../support/dns-server.ts";
import { startServer, type RunningServer } from "../support/server.ts";
import { openSite, reply, type Site } from "../support/site.ts";

/** Every way in which a model can name an address, to the real server, whose resolver is a name server of ours. */
const ways: [what: string, tool: string, input: (url: string) => object][] = [
  ["scrape", "scrape", (url) => ({ urls: [url], respect_robots: false })],
  ["scrape, for its robots.txt", "scrape", (url) => ({ urls: [url] })],
  ["crawl", "crawl", (url) => ({ start_urls: [url], respect_robots: false, sitemap: true })],
  ["query_data", "query_data", (url) => ({ sql: `select * from '${url}'` })],
  ["query_data, by a function", "query_data", (url) => ({ sql: `select * from read_csv('${url}')` })],
  ["profile_data", "profile_data", (source) => ({ source })],
  ["read_rows", "read_rows", (source) => ({ source })],
  ["export_data", "export_data", (source) => ({ source, path: "out.csv" })],
  ["chart", "chart", (source) => ({ source, mark: "bar", x: "a", y: "b" })],
  ["chart, by SQL", "chart", (url) => ({ sql: `from '${url}'`, mark: "bar", x: "a", y: "b" })],
  ["query_database", "query_database", (url) => ({ database: url.replace("http:", "postgres:"), sql: "select 1" })],
  ["web_search, for its hits", "web_search", () => ({ query: "q", fetch: true })],
];

const targets = ["http://127.0.0.1:PORT/x.csv", "http://inside.example:PORT/x.csv", "http://mixed.example:PORT/x.csv"];

let names: DnsServer;
let search: Site;
let server: RunningServer;
let caught = 0;
const trap = createServer((socket) => {
  caught += 1;
  socket.destroy();
});
let port = 0;

beforeAll(async () => {
  names = await openDnsServer((name) =>
    name === "inside.example"
      ? [{ type: "A", value: "127.0.0.1" }]
      : [
          { type: "A", value: "93.184.215.14" },
          { type: "AAAA", value: "::ffff:127.0.0.1" },
        ],
  );
  await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
  port = (trap.address() as AddressInfo).port;
  // The user's own search service may be on this machine; what it finds may not be.
  const hits = targets.map((target) => ({ title: "t", url: target.replace("PORT", String(port)), content: "c" }));
  const json = { "content-type": "application/json" };
  search = await openSite({ "/search": reply(JSON.stringify({ results: hits, unresponsive_engines: [] }), json) });
});
afterAll(async () => {
  await Promise.all([names.close(), search.close(), new Promise((resolve) => trap.close(resolve))]);
});

function start(): RunningServer {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, "root"));
  const support = new URL("../support/dns-server.ts", import.meta.url).href;
  const plugin = join(cwd, "resolver.mjs");
  // A plugin is the user's own code in the engine's process: here it sets the resolver of that.
  writeFileSync(
    plugin,
    `import { resolveThrough } from ${JSON.stringify(support)};
import { defineTool } from ${JSON.stringify(new URL("../../src/tools/tool.ts", import.meta.url).href)};
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
resolveThrough(${JSON.stringify(names.address)});
export const resolver = defineTool({
  name: "resolver", description: "None.", input: z.object({}), output: z.object({}), hints: { long: true }, run: async () => ({}),
});`,
  );
  // read_rows is answered without that process.
  const env = { SEARXNG_URL: search.origin, NODE_OPTIONS: `--import=${pathToFileURL(plugin).href}` };
  return startServer({ args: ["--root", join(cwd, "root"), "--plugin", plugin], cwd, env });
}

test("no address that a model names reaches this machine", { timeout: 60_000 }, async () => {
  server = start();
  const told: [string, unknown][] = [];
  for (const [what, tool, input] of ways) {
    for (const target of targets) {
      const result = await server.call(tool, input(target.replace("PORT", String(port))) as never);
      told.push([what, result["structuredContent"]]);
    }
  }
  const open = told.filter(([what, content]) => {
    // A model names databases; it gives no addresses of them.
    return !JSON.stringify(content).includes(what === "query_database" ? "not_allowed" : "blocked_address");
  });
  expect(open).toEqual([]);
  expect(caught).toBe(0);
  expect(names.asked).toContain("A inside.example");
  expect(names.asked).toContain("AAAA mixed.example");
});
