import { execFile } from "node:child_process";
import { join } from "node:path";
import { builtCli } from "./server.ts";

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd: string;
  env?: Record<string, string>;
  timeoutMs?: number;
}

/** Run the built command to its end, with none of our environment but what a program needs. */
export function runCli(args: readonly string[], { cwd, env = {}, timeoutMs = 60_000 }: CliOptions): Promise<CliResult> {
  const environment = { PATH: process.env["PATH"] ?? "", HOME: join(cwd, "no-home"), ...env };
  return new Promise((resolve) => {
    const options = { cwd, env: environment, timeout: timeoutMs, maxBuffer: 50_000_000 };
    const child = execFile(process.execPath, [builtCli, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end();
  });
}
