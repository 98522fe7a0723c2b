/**
 * Many clients at once over HTTP, each with its own connection and session: `axoner mcp --http` beside the least that the
 * SDK's documentation serves both eras with. Both add two numbers; every answer is checked to be the one to its own question.
 *
 *   node bench/http.ts [ROUNDS]   interleaved rounds, 3 unless told
 *   --clients 200 --calls 20      how many clients, and how many calls each makes one after the other
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openClient, type Era, type HttpClient } from "./http/client.ts";
import { watchProcess } from "./process/alone.ts";
import { unshared } from "./process/unshared.ts";

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { clients: { type: "string", default: "200" }, calls: { type: "string", default: "20" } },
});
const [clients, calls, rounds] = [values.clients, values.calls, positionals[0] ?? "3"].map(Number) as [
  number,
  number,
  number,
];

interface Measured {
  callsPerS: number;
  /** Of the server's process alone, for each call. */
  cpuMs: number;
  /** Of the processes that it has started, for each call: axoner's engine. */
  engineCpuMs: number;
  /** How much more memory it has after the last call than before the first client. */
  grownMb: number;
}

const servers = {
  bare: [join(root, "bench/peers/http-server.mjs")],
  axoner: [join(root, "dist/mcp-server.js"), "--http", "127.0.0.1:0", ...unshared],
};
const eras: readonly Era[] = ["2025-11-25", "2026-07-28"];

async function start(args: readonly string[], cwd: string): Promise<{ server: ChildProcess; url: URL }> {
  const server = spawn(process.execPath, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of server.stderr) {
    const [, url] = /listens on (http:\S+\/mcp)/.exec(String(line)) ?? [];
    if (url !== undefined) return { server, url: new URL(url) };
  }
  throw new Error("the server did not listen");
}

async function measure(args: readonly string[], era: Era): Promise<Measured> {
  const cwd = mkdtempSync(join(tmpdir(), "axoner-bench-"));
  const { server, url } = await start(args, cwd);
  const pid = server.pid ?? 0;
  try {
    const first = await openClient(url, era);
    await first.call("1 + 1"); // what is loaded by the first call is no matter of how many there are
    await first.close();
    const before = residentMb(pid);
    const open = await Promise.all(Array.from({ length: clients }, () => openClient(url, era)));
    const [watch, ...others] = [watchProcess(pid), ...childrenOf(pid).map(watchProcess)];
    await Promise.all(open.map(askAll));
    const { wallS, cpuS } = watch.usage();
    const engineCpuS = others.reduce((sum, other) => sum + other.usage().cpuS, 0);
    const grownMb = residentMb(pid) - before;
    await Promise.all(open.map((client) => client.close()));
    const asked = clients * calls;
    const [cpuMs, engineCpuMs] = [(cpuS * 1_000) / asked, (engineCpuS * 1_000) / asked];
    return { callsPerS: asked / wallS, cpuMs, engineCpuMs, grownMb };
  } finally {
    const gone = once(server, "exit");
    server.kill("SIGTERM");
    await gone;
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** One after the other, as an agent does; each sum is asked for by one client and once. */
async function askAll(client: HttpClient, index: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const text = await client.call(`${index * 1_000} + ${call}`);
    const { result } = JSON.parse(text) as { result: string };
    if (result !== String(index * 1_000 + call)) throw new Error(`client ${index} was told ${text}`);
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
}

function residentMb(pid: number): number {
  return (Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1_024) / 1e6;
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

for (const era of eras) {
  const found: Record<string, Measured[]> = { bare: [], axoner: [] };
  for (let round = 0; round < rounds; round++)
    for (const [name, args] of Object.entries(servers)) found[name]?.push(await measure(args, era));
  const of = (name: string, key: keyof Measured) => median((found[name] ?? []).map((one) => one[key]));
  console.log(`${era}, ${clients} clients, ${clients * calls} calls, medians of ${rounds}`);
  for (const name of Object.keys(servers)) {
    const ratio = of(name, "callsPerS") / of("bare", "callsPerS");
    console.log(
      `  ${name.padEnd(7)} ${of(name, "callsPerS").toFixed(0)} calls/s (${ratio.toFixed(2)} of bare), ${of(name, "cpuMs").toFixed(2)} ms of CPU a call (and ${of(name, "engineCpuMs").toFixed(2)} of its engine), ${of(name, "grownMb").toFixed(0)} MB more`,
    );
  }
}
