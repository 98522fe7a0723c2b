import { lstat, readdir, readlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** An end of a pipe that a process can read from, as a path below `/proc`. */
type Reader = string;

const checkEveryMs = 200;

/** Sees when nobody can read any more what this process writes to a pipe. */
export interface PipeWatch {
  /** Settles once no process holds the other end; never where that cannot be seen. Rejects when the signal aborts. */
  untilUnread(signal: AbortSignal): Promise<void>;
}

/**
 * Look who reads a pipe. Nothing that Node has tells without writing that nobody does: libuv does not poll an end that
 * cannot be read, and a write of nothing always succeeds. So it is seen on Linux only, and only where whoever reads was
 * there to be seen in the first place: processes of others hide what they hold.
 */
export function watchPipe(fd: number): PipeWatch {
  const pipe = targetOf(`/proc/self/fd/${fd}`);
  const looked = pipe.then((name) => (name?.startsWith("pipe:") === true ? readersOf(name) : []));
  return {
    async untilUnread(signal) {
      const name = await pipe;
      let readers = await looked;
      if (name === undefined || readers.length === 0) return await never(signal);
      // Twice, for a reader may hand its end over to a process that was looked at before.
      for (let missed = 0; missed < 2;) {
        const held = await Promise.all(readers.map(async (reader) => (await targetOf(reader)) === name));
        if (!held.includes(true)) readers = await readersOf(name);
        missed = readers.length === 0 ? missed + 1 : 0;
        await delay(checkEveryMs, undefined, { signal, ref: false });
      }
    },
  };
}

async function readersOf(pipe: string): Promise<Reader[]> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(processes.map((name) => readersIn(`/proc/${name}/fd`, pipe)));
  return found.flat();
}

async function readersIn(folder: string, pipe: string): Promise<Reader[]> {
  const names = await readdir(folder).catch(unseen);
  const ends = (names ?? []).map(async (name) => {
    const path = `${folder}/${name}`;
    if ((await targetOf(path)) !== pipe) return [];
    // The link itself says what it was opened for.
    const link = await lstat(path).catch(unseen);
    return link !== undefined && (link.mode & 0o400) !== 0 ? [path] : [];
  });
  return (await Promise.all(ends)).flat();
}

async function targetOf(path: string): Promise<string | undefined> {
  return await readlink(path).catch(unseen);
}

/** Processes end, and some belong to others. */
const unseen = () => undefined;

async function never(signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  await promise;
}
