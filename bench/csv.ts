/**
 * Eight jobs over delimited text, and five questions over one file, beside pandas, polars, DuckDB from Python and
 * papaparse. Answers are compared before times are shown; the runs of all engines are interleaved.
 *
 *   node bench/csv.ts [MEGABYTES …]    sizes, 10 and 100 unless told; --rounds N, 3 unless told; --jobs group,join
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { axoner, peerProgram, type Engine, type Measured } from "./csv/engines.ts";
import { makeFiles, type BenchFiles } from "./csv/files.ts";
import { difference, jobs, smallFile, type Job } from "./csv/jobs.ts";
import type { Usage } from "./process/tree.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules/.cache/axoner-bench");
const python = join(folder, "venv/bin/python");
const smallMegabytes = 0.1;

/** The peers' own environment, made once. */
function ensurePeers(): void {
  if (existsSync(python)) return;
  execFileSync("python3", ["-m", "venv", join(folder, "venv")], { stdio: "inherit" });
  const requirements = join(import.meta.dirname, "csv/requirements.txt");
  execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", requirements], { stdio: "inherit" });
}

function openEngines({ id }: Job): Engine[] {
  const peers = join(import.meta.dirname, "csv/peers.py");
  const inPython = ["duckdb", "polars", ...(id === "five" ? ["polars-parquet"] : []), "pandas", "pandas-pyarrow"];
  return [
    axoner(folder),
    ...inPython.map((name) => peerProgram(name, [python, peers, name])),
    peerProgram("papaparse", [process.execPath, join(import.meta.dirname, "csv/papaparse-peer.mjs")]),
  ];
}

/** The least wall time of all rounds, with what that run took. Engines that fail or cannot do a job are left out and said. */
async function compare(job: Job, files: BenchFiles, rounds: number): Promise<Map<string, Usage>> {
  const best = new Map<string, Measured>();
  const failed = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const engine of openEngines(job).filter(({ name }) => !failed.has(name))) {
      try {
        const measured = await engine.measure(job, files);
        if (measured === undefined) failed.set(engine.name, "has no way to do it");
        else if (measured.usage.wallS < (best.get(engine.name)?.usage.wallS ?? Infinity))
          best.set(engine.name, measured);
      } catch (thrown) {
        failed.set(engine.name, thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
  }
  checkAnswers(job, best);
  for (const [name, reason] of failed) console.log(`  ${name} is missing: ${reason}`);
  return new Map([...best].map(([name, { usage }]) => [name, usage]));
}

function checkAnswers(job: Job, measured: ReadonlyMap<string, Measured>): void {
  const own = measured.get("axoner");
  if (own === undefined) return;
  for (const [name, { answer }] of measured) {
    const found = difference(own.answer, answer);
    if (found === undefined) continue;
    console.error(`${job.name}: axoner and ${name} answer differently: ${found}`);
    process.exitCode = 1;
  }
}

function print(title: string, found: ReadonlyMap<string, Usage>): void {
  const own = found.get("axoner");
  console.log(title);
  for (const [name, { wallS, cpuS, peakMb }] of found) {
    const ratio =
      own === undefined || name === "axoner"
        ? ""
        : `   axoner takes ${(own.wallS / wallS).toFixed(2)} x the time, ${(own.cpuS / cpuS).toFixed(2)} x the CPU, ${(own.peakMb / peakMb).toFixed(2)} x the memory`;
    const figures = `${wallS.toFixed(2).padStart(7)} s ${cpuS.toFixed(2).padStart(7)} CPU s ${peakMb.toFixed(0).padStart(6)} MB`;
    console.log(`  ${name.padEnd(15)}${figures}${ratio}`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "3" }, jobs: { type: "string" } },
});
const sizes = positionals.length === 0 ? [10, 100] : positionals.map(Number);
const isWanted = ({ id }: Job) => values.jobs === undefined || values.jobs.split(",").includes(id);

await mkdir(folder, { recursive: true });
ensurePeers();
for (const job of [smallFile].filter(() => values.jobs === undefined)) {
  const files = await makeFiles(folder, smallMegabytes);
  print(`${job.name} (${smallMegabytes * 1_000} KB)`, await compare(job, files, Number(values.rounds)));
}
for (const megabytes of sizes) {
  const files = await makeFiles(folder, megabytes);
  for (const job of jobs.filter(isWanted)) {
    print(`${job.name} (${megabytes} MB)`, await compare(job, files, Number(values.rounds)));
  }
}
