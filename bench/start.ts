/**
 * From spawning a server to the last byte of its reply: the handshake, beside the least that could answer and the SDK as
 * it comes, the first call of a tool, and the command. Everything is told as a multiple of what `node -e 0` takes from start to end.
 *
 *   node bench/start.ts [ROUNDS]       interleaved rounds, 15 unless told; the first round only warms the caches
 *   --stages read_rows,query_data      only stages whose names hold one of these
 *   --megabytes 1000                   the size of the file that rows are read of
 *   --standing                         instead: calls a second, and memory with an engine and after it has been idle
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeFiles } from "./csv/files.ts";
import { unshared } from "./process/unshared.ts";
import { timeToRequest } from "./start/command.ts";
import { timeToEnd, timeToReply, toolCall, type Exchange, type Message } from "./start/server.ts";
import { measureStanding } from "./start/standing.ts";

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

/** A server that finds the engine that the first of its kind, in the round that is not counted, has started. */
function sharing(message: (round: number) => Message): (round: number) => Promise<number> {
  const places = ["--root", folder, "--workspace", join(folder, "shared"), "--allow-private", "127.0.0.0/8"];
  const command = [join(root, "dist/mcp-server.js"), "--shared-engine", "on", "--answer-within", "0", ...places];
  return (round) => timeToReply(command, { messages: [message(round)] });
}

/** A server with a workspace in which nothing has been kept yet. */
async function axoner(exchange: Exchange): Promise<number> {
  const workspace = await mkdtemp(join(folder, "workspace-"));
  try {
    const places = ["--root", folder, "--workspace", workspace, "--allow-private", "127.0.0.0/8"];
    const command = [join(root, "dist/mcp-server.js"), ...unshared, ...places];
    return await timeToReply(command, exchange);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function openStages(megabytes: number, page: string): Promise<Stage[]> {
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
    ...sharedStages(page, middle?.sales),
    {
      name: "scrape, one page",
      target: 3.5,
      measure: () => axoner({ messages: [toolCall("scrape", { urls: [page] })] }),
    },
  ];
}

/** A different question each time. */
function sharedStages(page: string, sales = ""): Stage[] {
  const question = (round: number) =>
    `select city, sum(quantity) from '${sales}' where quantity <> ${round} group by city`;
  return [
    {
      name: "scrape, shared engine",
      target: 1.6,
      measure: sharing((round) => toolCall("scrape", { urls: [`${page}?${round}`] })),
    },
    {
      name: "query_data, 10 MB, shared engine",
      target: 1.8,
      measure: sharing((round) => toolCall("query_data", { sql: question(round) })),
    },
  ];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stages: { type: "string", default: "" },
    megabytes: { type: "string", default: "1000" },
    standing: { type: "boolean" },
  },
});
// engines of their own, which nobody else finds
process.env["HOME"] = folder;
const server = join(root, "dist/mcp-server.js");
const site = createServer((_request, response) => response.end(`<title>A page</title><p>${"word ".repeat(2_000)}`));
await once(site.listen(0, "127.0.0.1"), "listening");
const page = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
if (values.standing === true) {
  await measureStanding({ server, folder, page });
  process.exit(0);
}
const rounds = Number(positionals[0] ?? 15);
const isWanted = ({ name }: Stage) =>
  name === bare || name === withHead || values.stages.split(",").some((part) => name.includes(part));
const stages = (await openStages(Number(values.megabytes), page)).filter(isWanted);

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
await timeToEnd(process.execPath, [join(root, "dist/cli.js"), "engine", "stop"]);
process.exit(0);
