/**
 * From spawning a server to its reply to `initialize`, beside the least that could answer and the SDK as it comes.
 *
 *   node bench/start.ts [ROUNDS]    interleaved rounds, 15 unless told; the first round only warms the caches
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

const servers = {
  "bare loop": join(root, "bench/peers/bare-loop.mjs"),
  axoner: join(root, "dist/mcp-server.js"),
  "SDK 1.x": join(root, "bench/peers/sdk-server.mjs"),
};

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "0.0.0" } },
};

async function timeToReply(program: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"], cwd: root });
  const exit = once(child, "exit");
  child.stdin.write(`${JSON.stringify(initialize)}\n`);
  const replied = await Promise.race([once(child.stdout, "data"), exit.then(() => undefined)]);
  const elapsedMs = performance.now() - started;
  child.stdin.end();
  await exit;
  if (replied === undefined) throw new Error(`${program} ended without a reply`);
  return elapsedMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const rounds = Number(process.argv[2] ?? 15);
const times = new Map<string, number[]>(Object.keys(servers).map((name) => [name, []]));
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, program] of Object.entries(servers)) {
    const elapsedMs = await timeToReply(program);
    if (round > 0) times.get(name)?.push(elapsedMs);
  }
}

const least = median(times.get("bare loop") ?? []);
console.log("spawn to `initialize` reply, ms");
for (const [name, values] of times) {
  const [middle, best] = [median(values), Math.min(...values)];
  const ratio = (middle / least).toFixed(2);
  console.log(
    `${name.padEnd(10)} median ${middle.toFixed(0).padStart(4)}  min ${best.toFixed(0).padStart(4)}  ${ratio} x bare`,
  );
}
