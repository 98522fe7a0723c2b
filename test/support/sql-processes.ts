import { readFile } from "node:fs/promises";

/** The processes that run SQL for this one. */
export async function sqlProcesses(): Promise<number[]> {
  const listed = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  const pids = listed
    .trim()
    .split(" ")
    .filter((pid) => pid !== "")
    .map(Number);
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return pids.filter((_, index) => commands[index]?.includes("sql-child"));
}
