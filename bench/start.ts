/**
 * From spawning a server to the last byte of its reply: the handshake, beside the least that could answer and the SDK as
 * it comes, the first call of a tool, and the command. Everything is told as a multiple of what `node -e 0` takes from start to end.
 *
 *   node bench/start.ts [ROUNDS]       interleaved rounds, 15 unless told; the first round only warms the caches
 *   --stages read_rows,query_data      only stages whose names hold one of these
 *   --megabytes 1000                   the size of the file that rows are read of
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeFiles } from "./csv/files.ts";
import { timeToRequest } from "./start/command.ts";
import { timeToEnd, timeToReply, toolCall, type Exchange } from "./start/server.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules/.cache/axoner-bench");

const cli = join(root, "dist/cli.js");

interface Stage {
  name: string;
  /** The ratio to what it is measured against that is wanted. */
  target?: number;
  measure: (round: number) => Promise<number>;
  /** What it is measured against: `node -e 0`, and that one with something else. */
  against?: string;
}

const bare = "node -e 0";
const withHead = "head -20 + node -e 0";

function peer(file: string): () => Promise<number> {
  return () => timeToReply([join(root, "bench/peers", file)], { messages: [] });
}

/** A server with a workspace in which nothing has been kept yet. */
async function axoner(exchange: Exchange): Promise<number> {
  const workspace = await mkdtemp(join(folder, "workspace-"));
  try {
    const command = [join(root, "dist/mcp-server.js"), "--root", folder, "--workspace", workspace];
    return await timeToReply(command, exchange);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function openStages(megabytes: number): Promise<Stage[]> {
  const [small, middle, large] = await Promise.all([0.1, 10, megabytes].map((size) => makeFiles(folder, size)));
  const byCity = (sales = "") =>
    toolCall("query_data", { sql: `select city, count(*), sum(quantity), avg(price) from '${sales}' group by city` });
  const rows = toolCall("read_rows", { source: large?.sales, limit: 20 });
  const query = byCity(small?.sales);
  const warmUp = [toolCall("query_data", { sql: "select 1" })];
  return [
    { name: bare, measure: () => timeToEnd(process.execPath, ["-e", "0"]) },
    {
      name: withHead,
      measure: async () =>
        (await timeToEnd("head", ["-20", large?.sales ?? ""])) + (await timeToEnd(process.execPath, ["-e", "0"])),
    },
    { name: "axoner --help", measure: () => timeToEnd(process.execPath, [cli, "--help"]) },
    { name: "axoner run: first request", target: 2, measure: () => timeToRequest(cli, folder) },
    { name: "bare loop: initialize", measure: peer("bare-loop.mjs") },
    { name: "SDK 1.x: initialize", measure: peer("sdk-server.mjs") },
    { name: "initialize", target: 1, measure: () => axoner({ messages: [] }) },
    {
      name: "tools/list",
      target: 1.05,
      measure: () => axoner({ messages: [{ method: "tools/list", isRequest: true }] }),
    },
    {
      name: "calculate",
      target: 2.2,
      measure: (round) => axoner({ messages: [toolCall("calculate", { expression: `${round}.5 kg * 3 to lb` })] }),
    },
    {
      name: `read_rows, 20 rows of ${megabytes} MB`,
      target: 1.5,
      against: withHead,
      measure: () => axoner({ messages: [rows] }),
    },
    { name: "query_data, 0.1 MB", target: 5, measure: () => axoner({ messages: [query] }) },
    {
      name: "query_data, 10 MB, warm engine",
      target: 1.8,
      measure: () => axoner({ warmUp, messages: [byCity(middle?.sales)] }),
    },
  ];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { stages: { type: "string", default: "" }, megabytes: { type: "string", default: "1000" } },
});
const rounds = Number(positionals[0] ?? 15);
const isWanted = ({ name }: Stage) =>
  name === bare || name === withHead || values.stages.split(",").some((part) => name.includes(part));
const stages = (await openStages(Number(values.megabytes))).filter(isWanted);

const best = new Map<string, number>();
for (let round = 0; round <= rounds; round += 1) {
  for (const { name, measure } of stages) {
    const elapsedMs = await measure(round);
    if (round > 0) best.set(name, Math.min(elapsedMs, best.get(name) ?? Infinity));
  }
}
console.log(`from start to the last byte of the reply, least of ${rounds} rounds`);
for (const { name, target, against = bare } of stages) {
  const elapsedMs = best.get(name) ?? Number.NaN;
  const ratio = (elapsedMs / (best.get(against) ?? Number.NaN)).toFixed(2);
  const wanted = target === undefined ? "" : `  (wanted: ${target.toFixed(2)})`;
  console.log(`  ${name.padEnd(32)}${elapsedMs.toFixed(1).padStart(7)} ms  ${ratio.padStart(5)} x ${against}${wanted}`);
}
