import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { temporaryFolder } from "../support/config.ts";
import { linking } from "../support/crawling.ts";
import { builtCli } from "../support/server.ts";
import { openSite, reply } from "../support/site.ts";

const count = 5_000;
const half = count / 2;

/** A site of 5,000 pages, ten links on each. Once half of them are answered it falls silent, until `speak`. */
async function openLargeSite() {
  const answered = new Map<string, number>();
  let isSilent = false;
  const site = await openSite({
    "/page": (response, request) => {
      const path = request.url ?? "";
      const n = Number(path.split("=")[1]);
      if (isSilent) return;
      answered.set(path, (answered.get(path) ?? 0) + 1);
      isSilent = answered.size === half;
      const children = Array.from({ length: 10 }, (_, index) => n * 10 + index + 1).filter((child) => child < count);
      reply(`<p>${"word ".repeat(100)}${linking("/page?n=0", ...children.map((child) => `/page?n=${child}`))}`)(
        response,
        request,
      );
    },
  });
  onTestFinished(() => site.close());
  return { site, answered, speak: () => (isSilent = false) };
}

/** `axoner tool crawl` in a group of processes of its own, which can be killed as one. */
function startCrawl(root: string, host: string, input: JsonObject) {
  const args = [builtCli, "tool", "crawl", JSON.stringify(input), "--root", root, "--allow-private", host];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  onTestFinished(kill);
  return { kill, exited: once(child, "exit"), output: text(child.stdout) };
}

/** None while the file gets the name of the next process that writes it. */
async function rowsIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const rows = names.find((name) => name.endsWith(".jsonl"));
  const lines = rows === undefined ? "" : await readFile(join(folder, rows), "utf8").catch(() => "");
  return Math.max(0, lines.split("\n").length - 1);
}

test("a crawl of 5,000 pages that is killed half-way is finished with no page answered twice", async () => {
  const root = temporaryFolder();
  const folder = join(root, ".axoner", "datasets");
  const { site, answered, speak } = await openLargeSite();
  const limits = { max_pages: 10_000, max_depth: 10, per_host: 16, extract: "text", max_chars: 20 };
  const first = startCrawl(root, site.host, { start_urls: [`${site.origin}/page?n=0`], save_as: "large", ...limits });
  while ((await rowsIn(folder)) < half) await delay(50);
  first.kill();
  await first.exited;
  speak();

  const second = startCrawl(root, site.host, { resume: "large" });
  const result = JSON.parse(await second.output) as JsonObject;
  expect(result).toMatchObject({ status: "done", row_count: count, ok: count, failed: 0 });
  expect(answered.size).toBe(count);
  expect([...answered].filter(([, times]) => times !== 1)).toEqual([]);
  const lines = (await readFile(String(result["dataset_path"]), "utf8")).trimEnd().split("\n");
  const urls = lines.map((line) => (JSON.parse(line) as { url: string }).url);
  expect([urls.length, new Set(urls).size]).toEqual([count, count]);
}, 180_000);

/**
 * A site of so many pages, ten links on each. Whoever asks for another page on a connection has got all of the one before;
 * of the last one on each connection nobody can tell.
 */
async function openCountingSite(pages: number) {
  const received = new Set<string>();
  const again: string[] = [];
  const asked = new Map<string, number>();
  const lastOn = new WeakMap<object, string>();
  const site = await openSite({
    "/page": (response, request) => {
      const path = request.url ?? "";
      const before = lastOn.get(request.socket);
      if (before !== undefined) received.add(before);
      if (received.has(path)) again.push(path);
      asked.set(path, (asked.get(path) ?? 0) + 1);
      lastOn.set(request.socket, path);
      const n = Number(path.split("=")[1]);
      const children = Array.from({ length: 10 }, (_, index) => n * 10 + index + 1).filter((child) => child < pages);
      const links = linking("/page?n=0", ...children.map((child) => `/page?n=${child}`));
      reply(`<p>${"word ".repeat(2_000)}${links}`, {}, n % 7 === 6 ? 404 : 200)(response, request);
    },
  });
  onTestFinished(() => site.close());
  return { site, again, asked };
}

test("a crawl that is killed again and again asks for no page twice whose reply it had", async () => {
  const root = temporaryFolder();
  const folder = join(root, ".axoner", "datasets");
  const { site, again, asked } = await openCountingSite(1_500);
  const limits = { max_pages: 10_000, max_depth: 10, per_host: 16, extract: "text", max_chars: 20 };
  const kills = 5;
  const perHost = 16;
  for (let nth = 0; nth < kills; nth += 1) {
    const begun = { start_urls: [`${site.origin}/page?n=0`], save_as: "often", ...limits };
    const wanted = (await rowsIn(folder)) + 1 + Math.floor(Math.random() * 120);
    const run = startCrawl(root, site.host, nth === 0 ? begun : { resume: "often" });
    while ((await rowsIn(folder)) < wanted) await delay(1);
    run.kill();
    await run.exited;
  }
  const last = startCrawl(root, site.host, { resume: "often" });
  const result = JSON.parse(await last.output) as JsonObject;
  expect(result).toMatchObject({ status: "done", row_count: asked.size });
  expect(again).toEqual([]);
  const repeated = [...asked.values()].reduce((sum, times) => sum + times - 1, 0);
  expect(repeated).toBeLessThanOrEqual(kills * perHost);
}, 300_000);
