import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SessionConflictError } from "../../src/errors.ts";
import type { StoredMessage } from "../../src/message.ts";
import { openStore } from "../../src/session/index.ts";
import type { SessionStore } from "../../src/session/store.ts";

export interface WriterJob {
  url: string;
  durable: boolean;
  session: string;
  writer: string;
  /** Of every seventh append; the others are small. */
  largeBytes: number;
  count: number;
}

export interface KillOptions {
  url: string;
  durable?: boolean;
  /** Two processes write to one session, and both are killed. */
  rounds: number;
  largeBytes: number;
  onRound?: (round: number) => void;
}

export interface KillCounts {
  kills: number;
  acknowledged: number;
  /** Appends that were whole in the store although the writer was killed before it could say so. */
  unacknowledged: number;
  /** What is wrong, a sentence each. */
  problems: string[];
}

/** An append that tells which one it is, wherever it is found. */
export function appendOf(writer: string, index: number, largeBytes: number): StoredMessage[] {
  const size = index % 7 === 3 ? largeBytes : (index * 37) % 2_000;
  return [
    { role: "user", text: `${writer} ${index}` },
    { role: "tool", callId: String(index), name: writer, ok: true, text: "äx".repeat(size / 2) },
  ];
}

/**
 * Kill writers at random moments, two at a time on one session, and look after each time whether what they had
 * acknowledged is there, in order and once.
 */
export async function killWriters({
  url,
  durable = false,
  rounds,
  largeBytes,
  onRound,
}: KillOptions): Promise<KillCounts> {
  const counts: KillCounts = { kills: 0, acknowledged: 0, unacknowledged: 0, problems: [] };
  // the next two start while these write
  let next = [startWriter(), startWriter()];
  try {
    for (let round = 0; round < rounds; round++) {
      const writers = next;
      next = [startWriter(), startWriter()];
      const session = `killed-${round}`;
      const jobs = ["red", "blue"].map((writer) => ({ url, durable, session, writer, largeBytes, count: 100_000 }));
      for (const [index, writer] of writers.entries()) writer.begin(jobs[index]);
      const enough = 1 + Math.floor(Math.random() * 12);
      while (writers.some(({ acknowledged }) => acknowledged() < enough)) {
        const dead = writers.find(({ child }) => child.exitCode !== null);
        if (dead !== undefined) throw new Error(`a writer ended by itself: ${dead.errors()}`);
        if (writers.reduce((sum, { acknowledged }) => sum + acknowledged(), 0) > 3 * enough) break;
        await delay(1);
      }
      for (const writer of Math.random() < 0.5 ? writers : writers.toReversed()) {
        await delay(Math.random() * 25);
        await writer.kill();
        counts.kills += 1;
      }
      counts.problems.push(...writers.flatMap(({ errors }) => (errors() === "" ? [] : [`${session}: ${errors()}`])));
      await check(session, {
        url,
        durable,
        writers: writers.map(({ acknowledged }) => acknowledged()),
        largeBytes,
        counts,
      });
      onRound?.(round);
    }
  } finally {
    await Promise.all(next.map((writer) => writer.kill()));
  }
  return counts;
}

interface CheckOptions {
  url: string;
  durable: boolean;
  /** How many appends each has acknowledged. */
  writers: number[];
  largeBytes: number;
  counts: KillCounts;
}

async function check(session: string, { url, durable, writers, largeBytes, counts }: CheckOptions): Promise<void> {
  const store = await openStore(url, { durable });
  try {
    const messages = await goOn(store, session);
    for (const [index, writer] of ["red", "blue"].entries()) {
      const acknowledged = writers[index] ?? 0;
      const { found, problems } = appendsOf(writer, messages, largeBytes);
      counts.acknowledged += acknowledged;
      counts.unacknowledged += Math.max(0, found - acknowledged);
      counts.problems.push(...problems.map((problem) => `${session}: ${problem}`));
      if (found < acknowledged) {
        counts.problems.push(
          `${session}: of ${writer} ${found} appends are there, and ${acknowledged} were acknowledged`,
        );
      }
      if (found > acknowledged + 1) counts.problems.push(`${session}: ${writer} has ${found - acknowledged} too many`);
    }
    if (counts.problems.length === 0) await store.delete(session);
    // a kill tears the end of a file, and damages nothing
    if (existsSync(join(url.slice("file:".length), "damaged"))) counts.problems.push(`${session} is called damaged`);
  } finally {
    await store.close();
  }
}

/**
 * Append behind what the killed have left, which is returned. What they had sent to a server may still be on its way
 * there: that is another writer who was first, as ever.
 */
async function goOn(store: SessionStore, session: string): Promise<StoredMessage[]> {
  for (let attempt = 1; ; attempt++) {
    const messages = (await store.load(session))?.messages ?? [];
    try {
      await store.append(session, messages.length, [{ role: "user", text: "it goes on" }]);
      return messages;
    } catch (thrown) {
      if (!(thrown instanceof SessionConflictError) || attempt === 4) throw thrown;
    }
  }
}

/** The appends of a writer as they are stored: each whole, once, in its order. */
export function appendsOf(
  writer: string,
  messages: readonly StoredMessage[],
  largeBytes: number,
): { found: number; problems: string[] } {
  const problems: string[] = [];
  let found = 0;
  for (const [at, message] of messages.entries()) {
    if (message.role !== "user" || !message.text.startsWith(`${writer} `)) continue;
    const expected = appendOf(writer, found, largeBytes);
    const isWhole = JSON.stringify(messages.slice(at, at + 2)) === JSON.stringify(expected);
    if (!isWhole) problems.push(`where ${writer} ${found} should stand, "${message.text}" does, or it is not whole`);
    found += 1;
  }
  return { found, problems };
}

interface Writer {
  child: ChildProcess;
  begin(job: WriterJob | undefined): void;
  acknowledged(): number;
  errors(): string;
  kill(): Promise<void>;
}

const script = fileURLToPath(new URL("session-writer.ts", import.meta.url));

function startWriter(): Writer {
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "pipe"] });
  let printed = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  child.stdin.on("error", () => undefined);
  const closed = once(child, "close");
  return {
    child,
    begin: (job) => void child.stdin.write(`${JSON.stringify(job)}\n`),
    acknowledged: () => printed.split("\n").length - 1,
    errors: () => errors,
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
