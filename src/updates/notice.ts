import { spawn } from "node:child_process";
import { isSea } from "node:sea";
import { fileURLToPath } from "node:url";
import { write } from "../cli/output.ts";
import type { Output } from "../cli/command.ts";
import type { Config } from "../config.ts";
import { updateEnvironment, updateStatePath } from "../config/updates.ts";
import type { Machine } from "../config/machine.ts";
import { entryUrl } from "../entries.ts";
import { version } from "../version.ts";
import { readUpdateState, readVersion, writeUpdateState } from "./state.ts";

/** The first argument of the process that asks. */
export const askForUpdate = "ask-for-update";

const dayMs = 86_400_000;

/**
 * Behind a command on a terminal: say that there is a newer version, if the registry said so before, and have it asked
 * again by a process that nobody waits for. Each at most once a day. What goes wrong is nobody's concern.
 */
export async function tellOfUpdate(config: Config, machine: Machine, stderr: Output): Promise<void> {
  if (!isWanted(config, machine, stderr)) return;
  const path = updateStatePath(machine);
  const state = await readUpdateState(path);
  const now = Date.now();
  const tells = state.latest !== undefined && isNewer(state.latest, version) && now - state.toldAt >= dayMs;
  const asks = now - state.askedAt >= dayMs;
  if (!tells && !asks) return;
  const kept = { ...state, ...(tells ? { toldAt: now } : {}), ...(asks ? { askedAt: now } : {}) };
  if (!(await writeUpdateState(path, kept))) return; // it would be told and asked by every command
  if (asks) startAsking(machine);
  if (tells) await write(stderr, noticeOf(state.latest ?? ""));
}

function isWanted(
  { update_notice: wanted, replay, record }: Config,
  { environment }: Machine,
  stderr: Output,
): boolean {
  const isQuiet = [environment["CI"], environment["NO_UPDATE_NOTIFIER"]].some(
    (set) => (set ?? "") !== "" && set !== "false",
  );
  return stderr.isTTY === true && wanted === "on" && !isQuiet && replay === undefined && record === undefined;
}

function startAsking(machine: Machine): void {
  const child = spawn(process.execPath, [fileURLToPath(entryUrl("cli")), askForUpdate], {
    stdio: "ignore",
    detached: true,
    windowsHide: true,
    env: updateEnvironment(machine),
    cwd: "/",
  });
  child.once("error", () => undefined); // another day
  child.unref();
}

/** Whether a version comes after another; a development version is never behind. */
export function isNewer(latest: string, current: string): boolean {
  const [left, right] = [latest, readVersion(current)?.toString()].map((text) => text?.split(".").map(Number));
  if (left === undefined || right === undefined) return false;
  const at = left.findIndex((part, index) => part !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

function noticeOf(latest: string): string {
  return `axoner ${latest} can be had; this is ${version}. ${howToUpdate(fileURLToPath(entryUrl("cli")))} (AXONER_UPDATE_NOTICE=off: say no more)\n`;
}

/**
 * As it was installed.
 *
 * @param executable the path of the single file that has everything in it, where axoner is one
 */
export function howToUpdate(entry: string, executable = isSea() ? process.execPath : undefined): string {
  if (executable !== undefined) return `Update: put the new file in place of ${executable}`;
  if (/[\\/](?:site|dist)-packages[\\/]/.test(entry)) return "Update: pip install --upgrade axoner";
  if (/[\\/]_npx[\\/]/.test(entry)) return "Update: npx axoner@latest";
  return "Update: npm install -g axoner@latest";
}
