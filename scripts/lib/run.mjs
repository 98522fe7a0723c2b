/** Child processes of the scripts that run before anything is installed: Node >= 20, built-in modules only. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Run a command on this terminal and wait for it. Signals that reach us reach it too.
 *
 * @param options.output an open file that takes what it says, in place of this terminal
 * @returns its exit code; 128 and the signal's number where a signal ended it
 */
export function run(command, args, { cwd, env, output = "inherit" } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ["inherit", output, output];
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the child as well; once is enough.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    const settle = () => signals.forEach((signal) => process.off(signal, forward));
    child.on("error", (error) => {
      settle();
      reject(new Error(`cannot run ${command}: ${error.message}`, { cause: error }));
    });
    child.on("close", (code, signal) => {
      settle();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** As `run`, for a step that must succeed. */
export async function runOrThrow(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new ScriptError(`\`${[command, ...args].join(" ")}\` failed (exit code ${code})`, code);
}

/** A failure that is told in one sentence. */
export class ScriptError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Run a script's `main` and end with its exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    console.error(`axoner: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
