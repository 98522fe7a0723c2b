import { rm } from "node:fs/promises";
import { log } from "../../log.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import type { OpenSource } from "./open-sources.ts";
import { untilRead, type ReadRun } from "./reread.ts";
import { quoteName } from "../sql-text.ts";
import type { KeptDraft, StoredColumn } from "./sql-wire.ts";
import { resultColumns, type ResultColumn } from "./storage.ts";
import { createTableView, dialectOf } from "./table-view.ts";
import { writeParquet } from "./write-parquet.ts";
import { isWritable } from "../workspace.ts";

/** A Parquet copy of a source that may be made. */
export interface PlannedCopy {
  source: OpenSource;
  key: string;
  when: "before" | "after";
  /** In the workspace's temporary folder. */
  path: string;
}

export function planCopies({ opened, workspace }: ReadRun): PlannedCopy[] {
  const planned = new Map<string, PlannedCopy>();
  for (const source of opened.sources) {
    const { keep } = source.source;
    // the same files may be there under two names
    if (source.kept !== undefined || keep === undefined || planned.has(keep.key)) continue;
    planned.set(keep.key, { source, ...keep, path: workspace.temporaryName(".parquet") });
  }
  return [...planned.values()];
}

/** Those whose files are still what they were found to be. */
export async function stillSame(copies: readonly PlannedCopy[]): Promise<PlannedCopy[]> {
  const changes = await Promise.all(copies.map(({ source }) => source.changes()));
  return copies.filter((_, index) => changes[index] === "none");
}

/** Make copies, one after the other. A source that cannot be copied as it is, is left out: a copy only saves time. */
export async function makeCopies(run: ReadRun, copies: readonly PlannedCopy[]): Promise<KeptDraft[]> {
  const drafts: KeptDraft[] = [];
  if (copies.length === 0 || !(await isWritable(run.workspace))) return drafts;
  for (const copy of copies) {
    try {
      const draft = await makeCopy(run, copy);
      if (draft !== undefined) drafts.push(draft);
    } catch (thrown) {
      log.debug(`no copy of ${copy.source.source.name} is kept`, thrown);
      await rm(copy.path, { force: true });
    }
  }
  return drafts;
}

async function makeCopy(run: ReadRun, { source, key, path }: PlannedCopy): Promise<KeptDraft | undefined> {
  const columns = await untilRead(run, () => writeTable(run.session, { name: source.source.name, path }));
  if (columns === undefined) return undefined;
  if ((await source.changes()) !== "none") {
    await rm(path);
    return undefined;
  }
  const problems = run.readings.of.get(source)?.problems ?? [];
  return { key, path, columns, problems, dialect: dialectOf(source) };
}

/** From now on read a copy in place of its source. */
export async function readCopy({ session, readings }: ReadRun, source: OpenSource, draft: KeptDraft): Promise<void> {
  source.kept = draft;
  source.files = [{ path: draft.path, compression: "none", dialect: undefined }];
  const reading = readings.of.get(source);
  if (reading !== undefined) await createTableView(session.connection, source, reading);
}

/**
 * Write a table of the session as Parquet, rows in their order.
 *
 * @param path where to
 * @returns how it is read back; undefined, and no file, where Parquet would keep other values
 */
async function writeTable(
  session: DuckDbSession,
  { name, path }: { name: string; path: string },
): Promise<StoredColumn[] | undefined> {
  const all = `SELECT * FROM ${quoteName(name)}`;
  const prepared = await session.connection.prepare(all);
  const columns = resultColumns(prepared);
  prepared.destroySync();
  if (!columns.every(isExact)) return undefined;
  const written = await writeParquet(session, { sql: all, columns }, { path });
  return written.columns.map(({ name: column, type, stored }) => ({ name: column, type, stored }));
}

/** Whether a cast gives back what was stored. */
function isExact({ type, stored }: ResultColumn): boolean {
  return type === stored || type === "HUGEINT";
}
