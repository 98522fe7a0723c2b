/**
 * The same jobs from Python by every way: axoner's bridge, the tools of LangChain, CrewAI and Strands natively and over
 * MCP, and what people write without it with pandas, httpx and BeautifulSoup. Answers are compared before times are
 * shown; the rounds of all ways are interleaved; what is shown are minimum and median. Needs Go, for the pages.
 *
 *   node bench/python.ts             --rounds N, 7 unless told: of imports, first results and calls
 *   --jobs import,first,rows,group,pages   all unless told: the import alone; from the import to the first result,
 *                                    with nothing running yet; five rows of a small CSV; a group-by of a larger one; 60 pages
 *   --ways Bridge,CrewAI             only ways whose names begin with one of these
 *   --megabytes 10                   the size of the CSV
 */
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { ensureTestEnvironment, testGroups } from "../scripts/lib/python.mjs";
import { makeFiles } from "./csv/files.ts";
import { importMs } from "./python/imports.ts";
import { openWay, type Measured, type Task, type Way, type WayProcess } from "./python/ways.ts";
import { buildGo, openSite } from "./web/site.ts";

const folder = join(import.meta.dirname, "../node_modules/.cache/axoner-bench/python");
const pageCount = 60;
/** Calls of a round, few where each starts a process. */
const callsPerRound = 20;
const slow = ["a session per call", "mcps="];

/** What the times of a way were: of what is asked for, and of calls of the bridge beside it. */
interface Times {
  ms: number[];
  directMs: number[];
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    jobs: { type: "string", default: "import,first,rows,group,pages" },
    ways: { type: "string", default: "" },
    megabytes: { type: "string", default: "10" },
  },
});
const rounds = Number(values.rounds);
// engines of their own, which nobody else finds
process.env["HOME"] = folder;
await mkdir(folder, { recursive: true });
const [main, , olderOpenAI] = testGroups;
const python = await ensureTestEnvironment(main);
const pythonOfStrands = await ensureTestEnvironment(olderOpenAI);
const { sales } = await makeFiles(folder, Number(values.megabytes));
const { sales: small } = await makeFiles(folder, 0.1);
const isWanted = ({ name }: Way) => values.ways.split(",").some((part) => name.startsWith(part));

const callWays: Way[] = [
  "line on a pipe",
  "Bridge",
  "AsyncBridge",
  ...["native", "MCP, one session", "MCP, a session per call"].map((kind) => `LangChain, ${kind}`),
  ...["native", "MCPServerAdapter", "mcps="].map((kind) => `CrewAI, ${kind}`),
].map((name) => ({ name, python }));
callWays.push(...["native", "MCP"].map((kind) => ({ name: `Strands, ${kind}`, python: pythonOfStrands })));
const pandas: Way = { name: "pandas", python };
const pageWays: Way[] = ["Bridge", "httpx + BeautifulSoup", "httpx + BeautifulSoup, lxml"].map((name) => ({
  name,
  python,
}));

/** Options of a server that shares nothing, and of one that finds the engine of the others, as it does unless told. */
const alone = ["shared_engine", "off"];
const sharing = ["shared_engine", "auto"];
const places = (options: readonly string[]) => ({
  folder,
  options: [...options, "allow_private", "127.0.0.0/8", "workspace", join(folder, "workspace")],
});

/** A round asks every way; in each it has a new process. */
async function compareFirst(title: string, ways: readonly Way[], task: Task): Promise<void> {
  const rows = await interleave(ways, async (way) => {
    const opened = openWay(way, places(alone));
    const found = await opened.run(task);
    await opened.end();
    return { ...found, ms: [found.since_start_ms], direct_ms: [] };
  });
  print(title, rows);
}

/** Every way keeps its process; the first task, which makes it ready, does not count. */
async function compareWarm(
  title: string,
  ways: readonly Way[],
  taskOf: (round: number, way: Way) => Task,
): Promise<void> {
  const opened = new Map<Way, WayProcess>();
  try {
    for (const way of ways) {
      const process = openWay(way, places(sharing));
      opened.set(way, process);
      await process.run(taskOf(0, way));
    }
    let round = 0;
    const rows = await interleave(ways, async (way, at) => {
      round = at + 1;
      const process = opened.get(way);
      if (process === undefined) throw new Error(`${way.name} was not opened`);
      return process.run(taskOf(round, way));
    });
    print(title, rows);
  } finally {
    for (const process of opened.values()) await process.end();
  }
}

async function interleave(
  ways: readonly Way[],
  measure: (way: Way, round: number) => Promise<Measured>,
): Promise<Map<Way, Times>> {
  const all = new Map<Way, Times>(ways.map((way) => [way, { ms: [], directMs: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    let expected: unknown[] | undefined;
    for (const [way, times] of all) {
      const { ms, direct_ms: directMs, answers } = await measure(way, round);
      expected ??= answers;
      const shared = Math.min(expected.length, answers.length);
      if (!isDeepStrictEqual(expected.slice(0, shared), answers.slice(0, shared))) {
        const said = [expected, answers].map((some) => JSON.stringify(some).slice(0, 200)).join(" against ");
        console.error(`${ways[0]?.name} and ${way.name} answer differently: ${said}`);
        process.exitCode = 1;
      }
      times.ms.push(...ms);
      times.directMs.push(...directMs);
    }
  }
  return all;
}

/** Ratios are those of medians, to the bridge. */
function print(title: string, rows: ReadonlyMap<Way, Times>): void {
  console.log(title);
  const bridge = [...rows].find(([{ name }]) => name === "Bridge")?.[1];
  for (const [{ name }, { ms, directMs }] of rows) {
    const ratio = bridge === undefined ? "" : `  ${(median(ms) / median(bridge.ms)).toFixed(2).padStart(7)} x Bridge`;
    const beside =
      directMs.length === 0
        ? ""
        : `  over a direct call: ${(Math.min(...ms) - Math.min(...directMs)).toFixed(2)} min, ${(median(ms) - median(directMs)).toFixed(2)} median`;
    console.log(`  ${name.padEnd(36)}${inMs(Math.min(...ms))} min ${inMs(median(ms))} median${ratio}${beside}`);
  }
}

function inMs(value: number): string {
  return `${value.toFixed(2).padStart(9)} ms`;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function compareImports(): void {
  const modules = ["axoner", "asyncio", "pandas", "langchain_core.tools", "crewai"];
  const rows = new Map<Way, Times>(
    modules.map((name) => [
      { name, python },
      { ms: [], directMs: [] },
    ]),
  );
  for (let round = 0; round <= rounds; round += 1) {
    for (const [{ name }, times] of rows) {
      const ms = importMs(python, name);
      if (round > 0) times.ms.push(ms); // the first round compiles what has not been imported before
    }
  }
  print("import", rows);
}

/** As many as there is time for; a different question each. */
function inputs(way: Way, from: number, most: number): number[] {
  const isSlow = slow.some((part) => way.name.includes(part));
  return Array.from({ length: isSlow ? 2 : most }, (_, at) => from + at);
}

async function comparePages(): Promise<void> {
  buildGo(folder);
  const site = await openSite(folder, pageCount, pageCount);
  const task: Task = { job: "pages", urls: site.urls(pageCount) };
  try {
    await compareFirst(`${pageCount} pages to a DataFrame, from the import`, pageWays, task);
    await compareWarm(`${pageCount} pages to a DataFrame, warm`, pageWays, () => task);
  } finally {
    await site.close();
  }
}

const jobs = values.jobs.split(",");
const ways = callWays.filter(isWanted);
const dataWays = [...ways, ...[pandas].filter(isWanted)];
if (jobs.includes("import")) compareImports();
if (jobs.includes("first")) {
  const title = `from the import to the first result: a group-by of ${values.megabytes} MB`;
  await compareFirst(title, dataWays, { job: "group", file: sales, inputs: [0] });
}
if (jobs.includes("rows")) {
  await compareWarm("five rows of 0.1 MB", dataWays, (round, way) => ({
    job: "rows",
    file: small,
    inputs: inputs(way, round * callsPerRound, callsPerRound),
  }));
}
if (jobs.includes("group")) {
  await compareWarm(`a group-by of ${values.megabytes} MB`, dataWays, (round, way) => ({
    job: "group",
    file: sales,
    inputs: inputs(way, round * 100, 3),
  }));
}
if (jobs.includes("pages")) await comparePages();
execFileSync(process.execPath, [join(import.meta.dirname, "../dist/cli.js"), "engine", "stop"], { stdio: "ignore" });
process.exit();
