import { readFileSync } from "node:fs";
import { systemErrorCode } from "./errors.ts";

/** Whether a process of this machine runs. One that has ended and whom nobody has asked for its end does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return systemErrorCode(thrown) !== "ESRCH";
  }
  return !isZombie(pid);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; elsewhere there is no such file. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.charAt(stat.lastIndexOf(")") + 2) === "Z";
  } catch {
    return false;
  }
}
