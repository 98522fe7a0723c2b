/**
 * What nobody should feel: from spawning a server to the last byte of its reply to the handshake, the list of tools and the
 * first call of each class of tool, with an engine of its own and with a shared one that is warm; beside the least that Node
 * costs, and what others write with the SDKs of Node, Rust and Python. Rounds are interleaved, answers are checked, and
 * everything is told as a multiple of what `node -e 0` takes from start to end.
 *
 *   node bench/start.ts [ROUNDS]       15 unless told; the first round only warms the caches, and is not counted
 *   --stages read_rows,peer            only stages whose names hold one of these
 *   --megabytes 1000                   the size of the file that rows are read of
 *   --rates                            instead: calls a second, beside those of the others
 *   --memory                           instead: what server and engine hold, after each tool and after the idle time
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureMemory } from "./start/memory.ts";
import { buildPeers } from "./start/peers.ts";
import { measureRates } from "./start/rates.ts";
import { timeToEnd } from "./start/server.ts";
import { bare, openStages, withHead, type Stage } from "./start/stages.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules/.cache/axoner-bench");

/** A page, and a search service that finds it. */
async function openSite(): Promise<string> {
  const site = createServer((request, response) => {
    const found = { results: [{ url: "http://127.0.0.1:1/", title: "a", content: "b" }] };
    if (request.url?.startsWith("/search") !== true)
      return response.setHeader("content-type", "text/html").end(`<title>A page</title><p>${"word ".repeat(2_000)}`);
    return response.setHeader("content-type", "application/json").end(JSON.stringify(found));
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
}

async function measureStages(stages: readonly Stage[], rounds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, parts = [name], measure } of stages) {
      const measured = [await measure(round)].flat();
      if (round === 0) continue;
      for (const [index, part] of parts.entries())
        times.set(part, [...(times.get(part) ?? []), measured[index] ?? Number.NaN]);
    }
  }
  return times;
}

function print(stages: readonly Stage[], times: ReadonlyMap<string, number[]>): void {
  const least = (name: string) => Math.min(...(times.get(name) ?? [Number.NaN]));
  console.log(`${"".padEnd(37)}least   median   least x ${bare}`);
  for (const { name, parts = [name], target, against = bare } of stages) {
    for (const part of parts) {
      const ratio = (least(part) / least(against)).toFixed(2).padStart(7);
      const notes = [against === bare ? "" : ` of ${against}`, target === undefined ? "" : ` (wanted: ${target})`];
      const figures = [least(part), median(times.get(part) ?? [])].map((time) => time.toFixed(1).padStart(7));
      console.log(`  ${part.padEnd(33)}${figures.join("  ")} ms${ratio}${notes.join("")}`);
    }
  }
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stages: { type: "string", default: "" },
    megabytes: { type: "string", default: "1000" },
    rates: { type: "boolean" },
    memory: { type: "boolean" },
  },
});
const peers = buildPeers(join(folder, "start"));
for (const line of peers.missing) console.log(line);
// engines of their own, which nobody else finds
process.env["HOME"] = folder;
const page = await openSite();
process.env["SEARXNG_URL"] = page.slice(0, -1);
const place = { root, folder, page, megabytes: Number(values.megabytes) };
try {
  if (values.memory === true) await measureMemory(place, peers);
  else if (values.rates === true) await measureRates(place, peers);
  else {
    const names = values.stages.split(",");
    const isWanted = ({ name }: Stage) =>
      name === bare || name === withHead || names.some((part) => name.includes(part));
    const stages = (await openStages(place, peers)).filter(isWanted);
    print(stages, await measureStages(stages, Number(positionals[0] ?? 15)));
  }
} finally {
  await timeToEnd(process.execPath, [join(root, "dist/cli.js"), "engine", "stop"]);
}
process.exit(0);
