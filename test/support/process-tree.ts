import { readFileSync } from "node:fs";

/** The processes that a process has started, and theirs. Linux only. */
export function descendantsOf(pid: number): number[] {
  const found = [pid];
  for (const at of found) found.push(...childrenOf(at));
  return found.slice(1);
}

function childrenOf(pid: number): number[] {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return listed === "" ? [] : listed.split(" ").map(Number);
  } catch {
    return []; // it has ended
  }
}

/** What a process has worked, in ticks; those of one that has ended are 0. */
export function cpuTicksOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // utime and stime, fields 14 and 15 of proc(5), here without the first two
    const [user, kernel] = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return Number(user) + Number(kernel);
  } catch {
    return 0;
  }
}
