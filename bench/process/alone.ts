import { readFileSync, writeFileSync } from "node:fs";
import type { Usage } from "./tree.ts";

/** What one process took, without the samples of a tree: these cost a process with gigabytes more than its own work. */
export interface Watch {
  /** Since the watch began; `peakMb` is how much the resident memory rose above what it was then. */
  usage(): Usage;
}

const ticksPerSecond = 100;

/** Linux only. */
export function watchProcess(pid: number): Watch {
  // from here on the kernel counts the peak anew, see proc_pid_clear_refs(5)
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const started = performance.now();
  const cpuBefore = cpuOf(pid);
  const residentBefore = statusOf(pid, "VmRSS");
  return {
    usage: () => ({
      wallS: (performance.now() - started) / 1_000,
      cpuS: cpuOf(pid) - cpuBefore,
      peakMb: statusOf(pid, "VmHWM") - residentBefore,
    }),
  };
}

function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  // utime and stime, fields 14 and 15 of proc(5), here without the first two
  const [user, kernel] = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(kernel)) / ticksPerSecond;
}

/** In MB. */
function statusOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return (Number(kilobytes) * 1_024) / 1e6;
}
