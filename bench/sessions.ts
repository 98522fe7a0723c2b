/**
 * Whether session stores keep what they have acknowledged, and how much they take. Writers are killed (`kill -9`) at
 * random moments, two at a time on one session, with small appends and some of 3 MB; Redis and PostgreSQL are cut off,
 * held and restarted after a crash in the middle of appends. Then rates of append beside what `fdatasync` allows here.
 *
 *   node bench/sessions.ts             everything; exit code 1 where anything was lost, doubled or out of order
 *   --kills 200                        how many writers are killed a store
 *   --stores file,redis                only stores whose names hold one of these
 *   --parts kills,trouble,rates        only these
 *
 * `kill -9` ends a process, not the machine: what had reached the page cache is written all the same, so it says
 * nothing of `fsync`. docs/sessions.md says what does.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStore } from "../src/session/index.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { startRedis } from "../test/support/redis.ts";
import { killWriters } from "../test/support/session-kills.ts";
import { appendInTrouble, lineTroubles, type Trouble } from "../test/support/store-trouble.ts";
import { showRates } from "./sessions/rates.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    stores: { type: "string", default: "" },
    parts: { type: "string", default: "kills,trouble,rates" },
  },
});
const largeBytes = 3_000_000;
/** Longer than a store waits for an answer. */
const holdMs = 12_000;

export interface StoreUnderTest {
  name: string;
  url: string;
  durable?: boolean;
  server?: { port: number; crash(): Promise<void>; start(): Promise<void> };
}

const cache = join(import.meta.dirname, "../node_modules/.cache/axoner-bench");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "sessions-"));
const [redis, postgres] = await Promise.all([startRedis(), startPostgres(["-c", "fsync=on"])]);
const parts = values.parts.split(",");
let failures = 0;
try {
  const known: StoreUnderTest[] = [
    { name: "file", url: `file:${join(folder, "file")}` },
    { name: "file, durable", url: `file:${join(folder, "durable")}`, durable: true },
    { name: "sqlite", url: `sqlite:${join(folder, "sessions.db")}` },
    { name: "sqlite, durable", url: `sqlite:${join(folder, "durable.db")}`, durable: true },
    { name: "redis", url: redis.url, server: { port: redis.port, crash: redis.kill, start: redis.start } },
    { name: "postgres", url: postgres.superuserUrl, server: postgres },
  ];
  const stores = known.filter(({ name }) => values.stores.split(",").some((part) => name.includes(part)));
  if (parts.includes("rates")) await showRates(stores, folder);
  if (parts.includes("kills")) for (const store of stores) await showKills(store);
  if (parts.includes("trouble")) for (const store of stores) await showTrouble(store);
} finally {
  await Promise.all([redis.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

async function showKills({ name, url, durable = false }: StoreUnderTest): Promise<void> {
  const rounds = Math.ceil(Number(values.kills) / 2);
  const { kills, acknowledged, unacknowledged, problems } = await killWriters({ url, durable, rounds, largeBytes });
  const kept = `${acknowledged} appends acknowledged, ${unacknowledged} more were whole in the store`;
  console.log(`${name}: ${kills} kills, ${kept}, ${problems.length} problems`);
  report(problems);
}

async function showTrouble({ name, url, server }: StoreUnderTest): Promise<void> {
  if (server === undefined) return;
  const { port: serverPort } = server;
  const crash: Trouble = {
    name: "restarted after a crash",
    async make() {
      await server.crash();
      await server.start();
    },
  };
  const open = (port: number) => openStore(url.replace(`:${serverPort}/`, `:${port}/`));
  for (const trouble of [...lineTroubles(holdMs), crash]) {
    const times = trouble.name.startsWith("held") ? 3 : 20;
    const { appends, problems } = await appendInTrouble(trouble, { serverPort, open, times, largeBytes });
    console.log(`${name}: ${trouble.name} ${times} times in ${appends} appends, ${problems.length} problems`);
    report(problems);
  }
}

function report(problems: readonly string[]): void {
  failures += problems.length;
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
}
