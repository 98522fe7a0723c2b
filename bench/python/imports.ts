import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** In a process of its own. */
export function importMs(python: string, module: string): number {
  const code = `import time; begun = time.perf_counter(); import ${module}; print((time.perf_counter() - begun) * 1000)`;
  const env = { ...process.env, PYTHONPATH: join(import.meta.dirname, "../../python-client/src") };
  return Number(execFileSync(python, ["-c", code], { env, encoding: "utf8" }));
}
