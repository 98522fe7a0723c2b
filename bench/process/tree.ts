import { readdirSync, readFileSync } from "node:fs";

/** What a process and all its descendants took between two moments. */
export interface Usage {
  wallS: number;
  cpuS: number;
  /** The most memory that was seen, in MB: the sum of the processes' proportional set sizes, where shared pages count once. */
  peakMb: number;
}

/** To look takes a millisecond of the kernel's. */
const everyMs = 40;
const ticksPerSecond = 100;

/** Do something, and see what a process tree took meanwhile. Linux only. */
export async function measureTree<Answer>(
  pid: number,
  work: () => Promise<Answer>,
): Promise<{ answer: Answer; usage: Usage }> {
  const started = performance.now();
  const cpuBefore = cpuOf(pid);
  let peakMb = 0;
  const look = () => (peakMb = Math.max(peakMb, memoryOf(pid)));
  const timer = setInterval(look, everyMs);
  try {
    look();
    const answer = await work();
    const wallS = (performance.now() - started) / 1_000;
    look();
    return { answer, usage: { wallS, cpuS: cpuOf(pid) - cpuBefore, peakMb } };
  } finally {
    clearInterval(timer);
  }
}

function cpuOf(pid: number): number {
  // utime, stime, and those of children that have ended: fields 14 to 17 of proc(5), here without the first two
  const ticks = treeOf(pid).flatMap((member) => statFields(member)?.slice(11, 15) ?? []);
  return ticks.reduce((sum, count) => sum + Number(count), 0) / ticksPerSecond;
}

/** MB of a process and all its descendants, as in `Usage`. */
export function memoryOf(pid: number): number {
  const kilobytes = treeOf(pid).map((member) => /^Pss:\s+(\d+)/m.exec(readProc(member, "smaps_rollup"))?.[1]);
  return kilobytes.reduce((sum, count) => sum + (Number(count ?? 0) * 1_024) / 1e6, 0);
}

/** MB of a process and of all its descendants but one with its own, which is counted elsewhere. */
export function memoryWithout(pid: number, left: number): number {
  return memoryOf(pid) - (treeOf(pid).includes(left) ? memoryOf(left) : 0);
}

function treeOf(root: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFields(Number(name))?.[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (let at = 0; at < found.length; at += 1) found.push(...(parents.get(found[at] ?? 0) ?? []));
  return found;
}

/** The fields after the name, which may itself hold spaces; undefined for a process that has just ended. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(pid, "stat");
  return text === "" ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Empty for a process that has just ended. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
