import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options?: { type: "minor" } | { type: "major"; flavor: "last-resort" }) => void;

let opened: Collect | undefined;

/**
 * V8 gives its own collection to scripts that are made while this flag is set. It is one of the process: another thread
 * that is doing the same may take it back in between.
 */
function collector(): Collect {
  while (opened === undefined) {
    setFlagsFromString("--expose-gc");
    opened = runInNewContext("globalThis.gc") as Collect | undefined;
    setFlagsFromString("--no-expose-gc");
  }
  return opened;
}

/**
 * Collect this thread's garbage where there is more than so much. A thread that has done something large may get nothing
 * to do for long, and keeps it until then.
 */
export function collectGarbage(aboveMb: number): void {
  const { total_physical_size: heapBytes, external_memory: outsideBytes } = getHeapStatistics();
  if (heapBytes + outsideBytes > aboveMb * 1e6) collector()();
}

/**
 * As `collectGarbage`, and give back to the system what was collected, which V8 keeps for a while: 60 MB after a page of
 * 10 MB. It takes three times as long.
 */
export function releaseGarbage(aboveMb: number): void {
  const { total_physical_size: heapBytes, external_memory: outsideBytes } = getHeapStatistics();
  if (heapBytes + outsideBytes > aboveMb * 1e6) collector()({ type: "major", flavor: "last-resort" });
}

/**
 * Collect this thread's garbage whenever there is more than so much, and half as much again as was left the last time. V8
 * lets what pages, their failures and connections leave behind grow to five times of what is in use.
 *
 * @returns to be called when a piece of work has been done, with how many bytes that was; it looks every 2 MB
 */
export function openTidying(aboveMb: number): (bytes: number) => void {
  let doneBytes = 0;
  let limitMb = aboveMb;
  return (bytes) => {
    doneBytes += bytes;
    if (doneBytes < lookEveryBytes) return;
    doneBytes = 0;
    if (usedMb() < limitMb) return;
    collector()();
    limitMb = Math.max(aboveMb, usedMb() * 1.5);
  };
}

const lookEveryBytes = 2_000_000;

function usedMb(): number {
  const { used_heap_size: heapBytes, external_memory: outsideBytes } = getHeapStatistics();
  return (heapBytes + outsideBytes) / 1e6;
}

const passingBytes = 8_000_000;
let passedBytes = 0;

/**
 * Count bytes that came in buffers of their own and are garbage already. V8 lets 64 MB of such pile up before it looks;
 * to collect what is young takes a millisecond.
 */
export function countPassing(bytes: number): void {
  passedBytes += bytes;
  if (passedBytes < passingBytes) return;
  passedBytes = 0;
  collector()({ type: "minor" });
}
