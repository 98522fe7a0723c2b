import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { systemErrorCode } from "../../errors.ts";
import { log } from "../../log.ts";

/** End an engine that answers nobody. Another process that has come by its id is left alone. */
export async function killEngine(pid: number): Promise<void> {
  if (!(await commandOf(pid)).includes("engine-host")) return;
  log.warn(`the shared engine (process ${pid}) answers nobody any more; it is ended, and a new one started`);
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ESRCH") throw thrown;
  }
}

async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === "linux") return await readFile(`/proc/${pid}/cmdline`, "utf8");
    return (await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)])).stdout;
  } catch {
    return ""; // there is no such process
  }
}
