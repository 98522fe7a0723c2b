import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import { entryUrl, type Entry } from "../entries.ts";
import { nodeFlags } from "../node-flags.ts";

/** A kind of process that is told and answers in lines; see `startLineProcess`. */
export interface LineProcess {
  entry: Entry;
  memoryMb: number;
  /** Each half of where fresh objects lie: the less, the less memory one holds that has little to do. */
  youngMb: number;
}

export type LineChild = ChildProcessByStdio<Writable, Readable, null>;

let early: { kind: LineProcess; child: LineChild } | undefined;

/**
 * Start a process before what speaks to it is loaded, for the next that is taken of its kind.
 *
 * @returns to be called when it is not wanted any more; where it was taken that does nothing
 */
export function startChildEarly(kind: LineProcess): () => void {
  if (early !== undefined) return () => {};
  const started = { kind, child: spawnChild(kind) };
  started.child.once("error", () => {}); // whoever takes one finds that it is none, and sees why with the next
  early = started;
  return () => {
    if (early !== started) return;
    early = undefined;
    started.child.kill("SIGKILL");
  };
}

/** One that was started already, or a new one. */
export function takeChild(kind: LineProcess): LineChild {
  const { child, kind: itsKind } = early ?? {};
  if (child === undefined || itsKind?.entry !== kind.entry) return spawnChild(kind);
  early = undefined;
  return isRunning(child) ? child : spawnChild(kind);
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function spawnChild({ entry, memoryMb, youngMb }: LineProcess): LineChild {
  const children = process.getBuiltinModule("node:child_process"); // the front has this file, and need not load that
  // One thread beside its own: it does one thing at a time, and each holds some MB.
  const flags = [`--max-old-space-size=${memoryMb}`, "--v8-pool-size=1", `--max-semi-space-size=${youngMb}`];
  // Running out of memory makes V8 print pages of addresses: stderr is dropped, the exit tells.
  return children.spawn(process.execPath, [...nodeFlags(flags), fileURLToPath(entryUrl(entry))], {
    env: compiledCode(),
    stdio: ["pipe", "pipe", "ignore"],
  });
}
