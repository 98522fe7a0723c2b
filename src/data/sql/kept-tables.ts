import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ToolError, type ErrorCode } from "../../errors.ts";
import { log } from "../../log.ts";
import { version } from "../../version.ts";
import { openKeptFolder, type KeptFolder } from "./kept-folder.ts";
import type { TableSource } from "../source.ts";
import type { KeptDraft, KeptTable, WireSource } from "./sql-wire.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Parquet copies of files that took long to read, so that the second question about a file costs little. A copy belongs to
 * one state of its files: as soon as one of them changes it is not found any more, and removed.
 */
export interface KeptTables {
  /** The copy of a source as it is now, and whether one may be made. Waits for one that is being made, but no longer than the statement took that began it. */
  find(source: TableSource, signal: AbortSignal): Promise<Pick<WireSource, "kept" | "keep">>;
  /** The copy of a source as it is now, for a statement that makes none. */
  read(source: TableSource): Promise<KeptTable | undefined>;
  /** Put finished copies in their place. A failure costs time later, and is told in the log only. */
  adopt(drafts: readonly KeptDraft[]): Promise<void>;
  /** Run a statement that makes copies first; again without them where it took too much, which may have been theirs. */
  around<Result>(copies: () => readonly string[], run: () => Promise<Result>): Promise<Result>;
  /** Copies may be made as soon as nothing else is asked: till then a mark says so. */
  offer(keys: readonly string[]): Promise<void>;
  /**
   * Copies are being made of the sources of a statement that took so long; `drafts` gives those that could be. Never
   * rejects.
   */
  expect(keys: readonly string[], drafts: Promise<KeptDraft[]>, tookMs: number): Promise<void>;
  /** Settles once no copy is expected any more. */
  settled(): Promise<void>;
}

/** @param maxBytes of all copies together; default 10 GB, and never more than a quarter of the free disk */
export function openKeptTables(workspace: Workspace, maxBytes?: number): KeptTables {
  const folder = openKeptFolder(workspace, maxBytes);
  const making = new Map<string, Making>();

  return {
    async find(source, signal) {
      const key = keyOf(source);
      if (key === undefined) return { kept: undefined, keep: undefined };
      await patiently(making.get(key), signal);
      const found = await folder.find(key);
      if (typeof found === "object") return { kept: found, keep: undefined };
      if (making.has(key)) return { kept: undefined, keep: undefined };
      if (found === undefined) return { kept: undefined, keep: { key, when: "after" } };
      if (found === "asked" && (await folder.mark(key, "again")))
        return { kept: undefined, keep: { key, when: "after" } };
      // once only: should it take too long or too much, the next statement gets through without
      if (found === "again" && (await folder.mark(key, "tried")))
        return { kept: undefined, keep: { key, when: "before" } };
      return { kept: undefined, keep: undefined };
    },
    async read(source) {
      const key = keyOf(source);
      const found = key === undefined ? undefined : await folder.find(key);
      return typeof found === "object" ? found : undefined;
    },
    adopt: folder.adopt,
    async around(copies, run) {
      try {
        return await run();
      } catch (thrown) {
        const keys = copies();
        if (keys.length === 0 || !(thrown instanceof ToolError)) throw thrown;
        if (thrown.code === "too_large") return await run();
        if (!doubtful.has(thrown.code)) for (const key of keys) await folder.mark(key, "again");
        throw thrown;
      }
    },
    async offer(keys) {
      for (const key of keys) if ((await folder.find(key)) === undefined) await folder.mark(key, "asked");
    },
    expect(keys, drafts, tookMs) {
      const done = settle(folder, keys, drafts).finally(() => keys.forEach((key) => making.delete(key)));
      for (const key of keys) making.set(key, { done, tookMs });
      return done;
    },
    async settled() {
      await Promise.all([...making.values()].map(({ done }) => done));
    },
  };
}

async function settle(folder: KeptFolder, keys: readonly string[], drafts: Promise<KeptDraft[]>): Promise<void> {
  try {
    const made = await drafts;
    await folder.adopt(made);
    const missing = keys.filter((key) => made.every((draft) => draft.key !== key));
    for (const key of missing) await folder.mark(key, "tried");
  } catch (thrown) {
    log.debug("Parquet copies were not made", thrown);
  }
}

/** Failures that may not be the statement's: the copies that were made first may be what took so long. */
const doubtful = new Set<ErrorCode>(["timeout", "cancelled", "unavailable"]);

/**
 * Where a source lies, and in which state. Another version may read the same files otherwise. Undefined for what is
 * Parquet already, is kept as a dataset, or may not outlive the call.
 */
function keyOf({ format, dataset, web, compression, files }: TableSource): string | undefined {
  if (format === "parquet" || dataset !== undefined || web?.isKept === false) return undefined;
  const place = digest([format, ...files.flatMap(({ path, part = "" }) => [path, part])]);
  const state = digest([version, compression, ...files.map(({ state: own }) => own)]);
  return `table-${place}-${state}`;
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24);
}

interface Making {
  done: Promise<void>;
  /** How long the statement took whose sources are copied. */
  tookMs: number;
}

/**
 * Wait for a copy no longer than it may take to do without. @throws the signal's reason once it aborts
 */
async function patiently(making: Making | undefined, signal: AbortSignal): Promise<void> {
  if (making === undefined) return;
  const isDone = new AbortController();
  const patience = delay(making.tookMs, undefined, { signal: AbortSignal.any([signal, isDone.signal]) });
  try {
    await Promise.race([making.done, patience]);
  } catch {
    signal.throwIfAborted();
  } finally {
    isDone.abort();
    patience.catch(() => undefined);
  }
}
