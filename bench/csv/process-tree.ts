import { readdirSync, readFileSync } from "node:fs";

/** What a process and all its descendants took between two moments. */
export interface Usage {
  wallS: number;
  cpuS: number;
  /** The highest sum of resident memory that was seen, in MB. */
  peakMb: number;
}

const everyMs = 15;
const ticksPerSecond = 100;

/** Do something, and see what a process tree took meanwhile. Linux only. */
export async function measureTree<Answer>(
  pid: number,
  work: () => Promise<Answer>,
): Promise<{ answer: Answer; usage: Usage }> {
  const started = performance.now();
  const cpuBefore = usageOf(pid).cpuS;
  let peakMb = 0;
  const look = () => (peakMb = Math.max(peakMb, usageOf(pid).residentMb));
  const timer = setInterval(look, everyMs);
  try {
    look();
    const answer = await work();
    const wallS = (performance.now() - started) / 1_000;
    look();
    return { answer, usage: { wallS, cpuS: usageOf(pid).cpuS - cpuBefore, peakMb } };
  } finally {
    clearInterval(timer);
  }
}

function usageOf(pid: number): { cpuS: number; residentMb: number } {
  let cpuS = 0;
  let residentMb = 0;
  for (const member of treeOf(pid)) {
    const fields = statFields(member);
    if (fields === undefined) continue;
    // utime, stime, and those of children that have ended: fields 14 to 17 of proc(5), here without the first two
    cpuS += fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
    residentMb += (Number(fields[21]) * 4_096) / 1e6;
  }
  return { cpuS, residentMb };
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
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
