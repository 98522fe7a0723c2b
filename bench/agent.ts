/**
 * Thousands of agent sessions at once in one process, beside a loop written by hand on undici, the `ai` package,
 * langchain, openai-agents, pydantic-ai and strands. A session is three model calls and three tool calls, two of them at
 * once; a service 200 ms away checks every request, and what was said is on disk after each turn. The runs of all
 * engines are interleaved, each in a process of its own, and one that has not done within a minute is not asked for more.
 *
 *   node bench/agent.ts [SESSIONS …]   1, 100, 1,000 and 10,000 unless told; --rounds N, 1 unless told
 *   --jobs whole,streamed,start,failing,held,cancel   all unless told: replies that come whole or in pieces; the way from
 *                                      spawn to the first request; 2 % of the calls refused once; every session in
 *                                      flight at the same time; 20 sessions cancelled in the middle of a reply
 *   --engines axoner,loop              only engines whose names begin with one of these
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { peerProgram, type Engine, type Measured, type Task } from "./agent/engines.ts";
import { buildService, openService, type Behaviour, type Service } from "./agent/service.ts";
import { bareNode, commandStart } from "./agent/start.ts";

const folder = join(import.meta.dirname, "../node_modules/.cache/axoner-bench/agent");
const peers = join(import.meta.dirname, "agent/peers");
const nodePackages = ["ai@7.0.173", "@ai-sdk/openai-compatible@3.0.92"];
/** strands wants an older client of OpenAI than the others. */
const environments = { "requirements.txt": "venv", "requirements-strands.txt": "venv-strands" };
const failPercent = 2;
const failingSessions = 1_000;
/** Long enough for every session to have its request on the way. */
const heldLatencyMs = 20_000;
const cancelled = { runs: 20, rounds: 5 };
const startRounds = 7;

/** The peers' own environments, made once. */
async function ensurePeers(): Promise<void> {
  const node = join(folder, "node");
  await mkdir(node, { recursive: true });
  if (!existsSync(join(node, "node_modules/ai"))) {
    await writeFile(join(node, "package.json"), '{ "private": true }');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", ...nodePackages], { cwd: node, stdio: "inherit" });
  }
  for (const [requirements, name] of Object.entries(environments)) {
    const environment = join(folder, name);
    if (existsSync(join(environment, "bin/python"))) continue;
    execFileSync("python3", ["-m", "venv", environment], { stdio: "inherit" });
    const install = ["-m", "pip", "install", "--quiet", "-r", join(import.meta.dirname, "agent", requirements)];
    execFileSync(join(environment, "bin/python"), install, { stdio: "inherit" });
  }
}

function openEngines(): Engine[] {
  const inNode = (name: string, file: string) => peerProgram(folder, name, [process.execPath, join(peers, file), node]);
  const inPython = (name: string, environment = "venv") =>
    peerProgram(folder, name, [join(folder, environment, "bin/python"), join(peers, "peers.py"), name]);
  const node = join(folder, "node");
  return [
    inNode("axoner", "axoner.mjs"),
    inNode("loop on undici", "loop.mjs"),
    inNode("ai", "ai.mjs"),
    ...["pydantic-ai", "langchain", "openai-agents"].map((name) => inPython(name)),
    inPython("strands", "venv-strands"),
  ];
}

/** Of all rounds the run that took the least CPU time. Engines that could not do it are said, and asked for no more. */
async function compare(service: Service, task: Task, behaviour: Behaviour = {}): Promise<Map<string, Measured>> {
  const best = new Map<string, Measured>();
  for (let round = 0; round < rounds; round += 1) {
    for (const engine of engines.filter(({ name }) => !givenUp.has(name))) {
      try {
        const measured = await engine.measure(service, task, behaviour);
        if (measured.usage.cpuS < (best.get(engine.name)?.usage.cpuS ?? Infinity)) best.set(engine.name, measured);
      } catch (thrown) {
        givenUp.add(engine.name);
        say(engine, thrown);
      }
    }
  }
  return best;
}

function print(task: Task, found: ReadonlyMap<string, Measured>): void {
  const own = found.get("axoner");
  for (const [name, measured] of found) {
    const { outcome, usage } = measured;
    if (outcome.finished > 0) console.log(`  ${name.padEnd(15)}${figures(task, usage)}${ratios(usage, own?.usage)}`);
    const problem = problemOf(task, measured);
    if (problem === undefined) continue;
    console.log(`  ${name.padEnd(15)}${problem}`);
    if (name === "axoner") process.exitCode = 1;
  }
}

function figures({ sessions }: Task, { wallS, cpuS, peakMb }: Measured["usage"]): string {
  const speed = `${(sessions / wallS).toFixed(0).padStart(5)} sessions/s`;
  const cpu = `${((cpuS * 1_000) / sessions).toFixed(2).padStart(7)} CPU ms`;
  return `${speed}${cpu}${((peakMb * 1_000) / sessions).toFixed(0).padStart(7)} KB a session`;
}

function ratios(usage: Measured["usage"], own: Measured["usage"] | undefined): string {
  if (own === undefined || own === usage) return "";
  const { wallS, cpuS, peakMb } = usage;
  return `   axoner: ${(wallS / own.wallS).toFixed(2)} x the sessions/s, ${(own.cpuS / cpuS).toFixed(2)} x the CPU, ${(own.peakMb / peakMb).toFixed(2)} x the memory`;
}

function problemOf({ sessions }: Task, { outcome, report, saved }: Measured): string | undefined {
  const problems = [
    outcome.finished < sessions ? `${outcome.finished} of ${sessions} finished (${outcome.failures.join("; ")})` : "",
    report.malformed > 0 ? `${report.malformed} malformed requests (${report.samples?.join("; ") ?? ""})` : "",
    report.cross_talk > 0 ? `${report.cross_talk} requests with something of another session` : "",
    saved === undefined ? "" : `not saved as it was said: ${saved}`,
  ].filter((problem) => problem !== "");
  return problems.length === 0 ? undefined : problems.join(", ");
}

async function compareSessions(service: Service, streamed: boolean): Promise<void> {
  givenUp.clear();
  for (const sessions of sizes) {
    console.log(`${sessions} sessions, replies ${streamed ? "streamed" : "whole"}`);
    print({ sessions, streamed }, await compare(service, { sessions, streamed }));
  }
}

async function compareStart(service: Service): Promise<void> {
  console.log(`from spawn to the first request, least of ${startRounds}`);
  const least = new Map<string, number>();
  const starts = [
    { name: "node -e 0", start: bareNode },
    { name: "axoner run", start: () => commandStart(folder, service) },
    ...engines.map((engine) => ({ name: engine.name, start: () => engine.start(service) })),
  ];
  for (let round = 0; round < startRounds; round += 1) {
    for (const { name, start } of starts) least.set(name, Math.min(least.get(name) ?? Infinity, await start()));
  }
  const bare = least.get("node -e 0") ?? NaN;
  for (const [name, ms] of least) {
    console.log(`  ${name.padEnd(15)}${ms.toFixed(0).padStart(5)} ms   ${(ms / bare).toFixed(2)} x node -e 0`);
  }
}

/** Engines that did not do as many without failures are not asked. */
async function compareFailing(service: Service): Promise<void> {
  const task = { sessions: failingSessions, streamed: true };
  console.log(`${failingSessions} sessions, ${failPercent} % of the model calls refused once`);
  for (const [name, measured] of await compare(service, task, { fail_percent: failPercent })) {
    const { outcome, report } = measured;
    const later = `tried again after ${report.median_repeat_ms.toFixed(0)} ms, ${report.max_repeat_ms.toFixed(0)} at most`;
    console.log(`  ${name.padEnd(15)}${outcome.finished} finished, ${report.refused} refusals, ${later}`);
    const problem = problemOf(task, measured);
    if (problem !== undefined) console.log(`  ${name.padEnd(15)}${problem}`);
  }
}

async function compareHeld(service: Service): Promise<void> {
  givenUp.clear();
  const sessions = Math.max(...sizes);
  const own = engines.filter(({ name }) => ["axoner", "loop on undici"].includes(name));
  console.log(`${sessions} sessions in flight at once, first replies after ${heldLatencyMs / 1_000} s`);
  for (const engine of own) {
    const task = { sessions, streamed: true };
    try {
      const measured = await engine.measure(service, task, { first_latency_ms: heldLatencyMs });
      const { usage, report } = measured;
      console.log(`  ${engine.name.padEnd(15)}${figures(task, usage)}, ${report.peak_in_flight} in flight`);
      const problem = problemOf(task, measured);
      if (problem !== undefined) console.log(`  ${engine.name.padEnd(15)}${problem}`);
    } catch (thrown) {
      say(engine, thrown);
    }
  }
}

async function compareCancel(service: Service): Promise<void> {
  console.log(`${cancelled.runs} sessions cancelled in the middle of a reply, worst of ${cancelled.rounds}`);
  for (const engine of engines) await cancelRuns(engine, service).catch((thrown: unknown) => say(engine, thrown));
}

function say({ name }: Engine, thrown: unknown): void {
  console.log(`  ${name} did not do it: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}

async function cancelRuns(engine: Engine, service: Service): Promise<void> {
  let [settledMs, closedMs, connections] = [0, 0, 0];
  for (let round = 0; round < cancelled.rounds; round += 1) {
    const found = await engine.cancel(service, { sessions: cancelled.runs, streamed: true });
    settledMs = Math.max(settledMs, found.settledMs);
    closedMs = Math.max(closedMs, found.closedMs);
    connections = Math.max(connections, found.connections);
  }
  const closed = connections > 0 ? `${connections} connections stay open` : `closed after ${closedMs.toFixed(0)} ms`;
  console.log(`  ${engine.name.padEnd(15)}settled after ${settledMs.toFixed(0)} ms, ${closed}`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "1" },
    jobs: { type: "string", default: "start,whole,streamed,failing,held,cancel" },
    engines: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const sizes = positionals.length === 0 ? [1, 100, 1_000, 10_000] : positionals.map(Number);
const wanted = values.jobs.split(",");
const engines = openEngines().filter(({ name }) => values.engines.split(",").some((part) => name.startsWith(part)));
const givenUp = new Set<string>();

await mkdir(folder, { recursive: true });
await ensurePeers();
buildService(folder);
const service = await openService(folder);
try {
  if (wanted.includes("start")) await compareStart(service);
  if (wanted.includes("whole")) await compareSessions(service, false);
  if (wanted.includes("streamed")) await compareSessions(service, true);
  if (wanted.includes("failing")) await compareFailing(service);
  if (wanted.includes("held")) await compareHeld(service);
  if (wanted.includes("cancel")) await compareCancel(service);
} finally {
  await service.close();
}
