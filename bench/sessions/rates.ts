import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/session/index.ts";
import type { SessionStore } from "../../src/session/store.ts";
import type { StoreUnderTest } from "../sessions.ts";

const forMs = 1_000;
const rounds = 3;
const sessionsAtOnce = 64;
const text = "a message of two hundred characters ".padEnd(200, "x");

interface Rate {
  appendsPerS: number;
  /** Of this process; what a server takes is not counted. */
  cpuUs: number;
}

/** The best of some interleaved rounds: the machine is shared. */
export async function showRates(stores: readonly StoreUnderTest[], folder: string): Promise<void> {
  const best = new Map<string, Rate>();
  const keep = (name: string, rate: Rate) => {
    const before = best.get(name);
    if (before === undefined || before.appendsPerS < rate.appendsPerS) best.set(name, rate);
  };
  for (let round = 0; round < rounds; round++) {
    keep("fdatasync", syncRate(join(folder, "raw")));
    for (const { name, url, durable = false } of stores) {
      const store = await openStore(url, { durable });
      keep(`${name} 1`, await appendRate(store, 1, round));
      keep(`${name} ${sessionsAtOnce}`, await appendRate(store, sessionsAtOnce, round));
      await store.close();
    }
  }
  const limit = best.get("fdatasync")?.appendsPerS ?? NaN;
  console.log(`write + fdatasync of one line, one after the other: ${limit.toFixed(0)} a second`);
  console.log(`appends a second, as a multiple of that, CPU µs each: one session, ${sessionsAtOnce} sessions at once`);
  for (const { name } of stores) {
    const columns = [1, sessionsAtOnce].map((count) => {
      const { appendsPerS, cpuUs } = best.get(`${name} ${count}`) ?? { appendsPerS: NaN, cpuUs: NaN };
      return `${appendsPerS.toFixed(0).padStart(7)} ${(appendsPerS / limit).toFixed(2).padStart(7)}x ${cpuUs.toFixed(0).padStart(5)}`;
    });
    console.log(`${name.padEnd(16)} ${columns.join("   ")}`);
  }
}

async function appendRate(store: SessionStore, sessions: number, round: number): Promise<Rate> {
  const endsAt = performance.now() + forMs;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let appends = 0;
  const write = async (id: string) => {
    for (let seen = 0; performance.now() < endsAt; seen++) {
      await store.append(id, seen, [{ role: "user", text }]);
      appends += 1;
    }
  };
  const ids = Array.from({ length: sessions }, (_, index) => `rate-${sessions}-${round}-${index}`);
  await Promise.all(ids.map(write));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(before);
  for (const id of ids) await store.delete(id);
  return { appendsPerS: appends / seconds, cpuUs: (user + system) / appends };
}

function syncRate(path: string): Rate {
  const fd = openSync(path, "a");
  const startedAt = performance.now();
  let writes = 0;
  for (; performance.now() < startedAt + forMs; writes++) {
    writeSync(fd, `${text}\n`);
    fdatasyncSync(fd);
  }
  closeSync(fd);
  return { appendsPerS: (writes * 1_000) / (performance.now() - startedAt), cpuUs: 0 };
}
