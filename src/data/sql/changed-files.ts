import type { FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { fileState } from "../open-file.ts";
import type { SourceProblem } from "./sql-wire.ts";

/**
 * What has happened to files since they were opened. `written`: their bytes are others; `uncertain`: other files are in
 * their places, or a change would not show.
 */
export type Changes = "none" | "uncertain" | "written";

export interface WatchedFile {
  handle: FileHandle;
  /** Its states, as `fileState` gives them, when it was found and when it was opened. */
  found: string;
  opened: string;
  openedMs: number;
}

export async function changesOf(files: readonly WatchedFile[]): Promise<Changes> {
  let isUncertain = false;
  for (const { handle, found, opened, openedMs } of files) {
    const now = await fileState(handle);
    // another file in its place changes the entry of the one that is open, and none of its bytes
    if (contentOf(now) !== contentOf(opened)) return "written";
    isUncertain ||= now !== found || isRecent(opened, openedMs);
  }
  return isUncertain ? "uncertain" : "none";
}

/** The part of a state that other bytes in the same file change. */
function contentOf(state: string): string {
  return state.slice(0, state.lastIndexOf("-"));
}

/** Times of files move in steps, of seconds where the last one is a whole one. */
const stepMs = 20;
const coarseStepMs = 2_000;

/** Whether a file was changed so shortly before it was opened that another change could leave its state as it is. */
function isRecent(state: string, openedMs: number): boolean {
  const changedNs = BigInt(state.slice(state.lastIndexOf("-") + 1));
  const step = changedNs % 1_000_000_000n === 0n ? coarseStepMs : stepMs;
  return openedMs - Number(changedNs / 1_000_000n) < step;
}

interface Watched {
  source: { name: string };
  changes: () => Promise<Changes>;
}

/** The problems of an answer whose sources did not stay as they were. */
export async function changeProblems(sources: Iterable<Watched>): Promise<SourceProblem[]> {
  return (await writtenTo(sources)).map((name) => ({
    line: 0,
    code: "changed",
    message: `'${name}' was written to while it was read: the answer may mix old rows and new ones; ask again`,
  }));
}

/** That a source which did not stay as it was could not be read says nothing about it; a mistake in a statement stays one. */
export async function withChanges(thrown: unknown, sources: Iterable<Watched>): Promise<unknown> {
  if (thrown instanceof ToolError && thrown.code !== "unreadable") return thrown;
  const [name] = await writtenTo(sources);
  if (name === undefined) return thrown;
  return new ToolError("conflict", `'${name}' was written to while it was read; ask again`, { cause: thrown });
}

async function writtenTo(sources: Iterable<Watched>): Promise<string[]> {
  const names: string[] = [];
  for (const { source, changes } of sources) if ((await changes()) === "written") names.push(source.name);
  return names;
}
