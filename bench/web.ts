/**
 * Pages of many hosts, 50 ms away, read by axoner over MCP and by what people write with aiohttp and selectolax, Scrapy,
 * httpx and BeautifulSoup, goquery, and `fetch` with cheerio. What they say of the pages is compared before times are
 * shown; the runs of all engines are interleaved; the CPU time of the hosts is not counted.
 *
 *   node bench/web.ts [PAGES …]        60 and 1,000 unless told; --hosts 60,1000; --rounds N, 2 unless told
 *   --jobs text,links,select,markdown  what is read, text unless told; also cold (text, from the start of the process)
 *                                      and rough (broken, busy and hostile pages)
 *   --engines axoner,scrapy            only engines whose names hold one of these
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Usage } from "./process/tree.ts";
import { axoner, peerProgram, type Engine, type Measured, type Task } from "./web/engines.ts";
import { difference, jobs, type Job } from "./web/jobs.ts";
import { judge } from "./web/rough.ts";
import { buildGo, hasNames, openSite, runWithNames } from "./web/site.ts";

const folder = join(import.meta.dirname, "../node_modules/.cache/axoner-bench/web");
const python = join(folder, "venv/bin/python");
const timeoutS = 10;
const warmUpPages = 60;
const roughPages = 600;
/** Where each peer's second engine would only say the same again. */
const slow = new Set(["httpx+bs4"]);

/** The peers' own environment, made once. */
function ensurePython(): void {
  if (existsSync(python)) return;
  execFileSync("python3", ["-m", "venv", join(folder, "venv")], { stdio: "inherit" });
  const requirements = join(import.meta.dirname, "web/requirements.txt");
  execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", requirements], { stdio: "inherit" });
}

function openEngines(): Engine[] {
  const peers = join(import.meta.dirname, "web/peers.py");
  const cheerio = join(import.meta.dirname, "web/cheerio-peer.mjs");
  return [
    axoner(folder),
    ...["aiohttp+selectolax", "scrapy", "httpx+bs4 lxml", "httpx+bs4"].map((name) =>
      peerProgram(folder, name, [python, peers, name]),
    ),
    peerProgram(folder, "goquery", [join(folder, "goquery")]),
    peerProgram(folder, "fetch+cheerio", [process.execPath, cheerio]),
  ];
}

/** The least CPU time, the least wall time and the most memory of all rounds. */
async function compare(task: Task, rounds: number): Promise<Map<string, Usage>> {
  const best = new Map<string, Measured>();
  for (let round = 0; round < rounds; round += 1) {
    for (const engine of engines.filter(({ name }) => name === "axoner" || task.job.hasPeers)) {
      if (round > 0 && slow.has(engine.name)) continue;
      const measured = await engine.measure(task);
      const before = best.get(engine.name)?.usage;
      const usage = before === undefined ? measured.usage : bestOf(before, measured.usage);
      best.set(engine.name, { ...measured, usage });
    }
  }
  const own = best.get("axoner");
  for (const [name, { rows }] of best) {
    const found = difference(task.urls, own?.rows ?? rows, rows);
    if (found === undefined) continue;
    console.error(`${task.job.name}: axoner and ${name} answer differently: ${found}`);
    process.exitCode = 1;
  }
  return new Map([...best].map(([name, { usage }]) => [name, usage]));
}

function bestOf(a: Usage, b: Usage): Usage {
  return {
    wallS: Math.min(a.wallS, b.wallS),
    cpuS: Math.min(a.cpuS, b.cpuS),
    peakMb: Math.max(a.peakMb, b.peakMb),
  };
}

function print(title: string, pages: number, found: ReadonlyMap<string, Usage>): void {
  const own = found.get("axoner");
  console.log(title);
  for (const [name, { wallS, cpuS, peakMb }] of found) {
    const ratio =
      own === undefined || name === "axoner"
        ? ""
        : `   axoner: ${(wallS / own.wallS).toFixed(2)} x the pages/s, ${(own.cpuS / cpuS).toFixed(2)} x the CPU, ${(own.peakMb / peakMb).toFixed(2)} x the memory`;
    const speed = `${(pages / wallS).toFixed(0).padStart(6)} pages/s`;
    const cpu = `${((cpuS * 1_000) / pages).toFixed(2).padStart(7)} CPU s per 1,000`;
    console.log(`  ${name.padEnd(19)}${speed}${cpu} ${peakMb.toFixed(0).padStart(6)} MB${ratio}`);
  }
}

async function compareJob(job: Job, { hosts, pages, isCold }: { hosts: number; pages: number; isCold: boolean }) {
  const site = await openSite(folder, hosts, Math.max(pages, warmUpPages));
  try {
    const warmUp = isCold ? undefined : site.urls(warmUpPages);
    const found = await compare({ job, urls: site.urls(pages), warmUp, timeoutS }, rounds);
    print(`${job.name}${isCold ? ", from cold" : ""} (${pages} pages, ${hosts} hosts)`, pages, found);
  } finally {
    await site.close();
  }
}

/** Each engine has a site of its own: some pages are only busy the first time. */
async function compareRough(job: Job, hosts: number): Promise<void> {
  console.log(`broken, busy and hostile pages (${roughPages} pages, ${hosts} hosts)`);
  for (const engine of engines) {
    const site = await openSite(folder, hosts, warmUpPages);
    try {
      const asked = site.roughUrls(roughPages);
      const urls = asked.map(({ url }) => url);
      const { rows, usage } = await engine.measure({ job, urls, warmUp: site.urls(warmUpPages), timeoutS });
      const { lost, inOrder, read, readable, mistaken, kinds } = judge(asked, rows, engine.name === "axoner");
      const order = inOrder ? "in order" : "in no order";
      const counts = `${read} of ${readable} pages read, ${mistaken} failures taken for pages, ${lost} lost, ${order}`;
      const took = `${usage.wallS.toFixed(1)} s, ${usage.cpuS.toFixed(1)} CPU s, ${usage.peakMb.toFixed(0)} MB`;
      console.log(`  ${engine.name.padEnd(19)}${counts}; ${took}`);
      if (kinds.length > 0) console.log(`${"".padEnd(21)}not right: ${kinds.join(", ")}`);
    } catch (thrown) {
      console.log(`  ${engine.name.padEnd(19)}failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    } finally {
      await site.close();
    }
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "2" },
    hosts: { type: "string", default: "60" },
    jobs: { type: "string", default: "text" },
    engines: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const engines = openEngines().filter(({ name }) => values.engines.split(",").some((part) => name.includes(part)));

async function main(): Promise<void> {
  const sizes = positionals.length === 0 ? [60, 1_000] : positionals.map(Number);
  const wanted = values.jobs.split(",");
  const [text] = jobs;
  if (!hasNames()) console.log("the hosts have no names here, only addresses");
  for (const hosts of values.hosts.split(",").map(Number)) {
    for (const pages of sizes) {
      for (const job of jobs.filter(({ id }) => wanted.includes(id))) {
        await compareJob(job, { hosts, pages, isCold: false });
      }
      if (wanted.includes("cold") && text !== undefined) await compareJob(text, { hosts, pages, isCold: true });
    }
    if (wanted.includes("rough") && text !== undefined) await compareRough(text, hosts);
  }
}

await mkdir(folder, { recursive: true });
ensurePython();
buildGo(folder);
const exitCode = await runWithNames(folder);
if (exitCode === undefined) await main();
else process.exitCode = exitCode;
