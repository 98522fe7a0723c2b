import type { SQLOutputValue } from "node:sqlite";
import { ToolError } from "../../errors.ts";
import type { RowSink, StatementEnd } from "./driver.ts";
import { openRowBatch } from "./row-batch.ts";
import { sqliteCodec } from "./sqlite-cells.ts";
import { explainSqliteError } from "./sqlite-errors.ts";
import { openSqlite, type OpenSqlite } from "./sqlite-open.ts";
import { allowReadingOnly, iterateRows, prepareStatement } from "./sqlite-statement.ts";
import type { SqliteJob } from "./sqlite-wire.ts";
import { checkStatement, type CheckedStatement } from "./statement-check.ts";

/** Run one statement on a database file, in a process that can be killed. */
export async function runSqlite(job: SqliteJob, sink: RowSink): Promise<StatementEnd> {
  const checked = checkStatement(job.sql, job.params, "sqlite");
  let opened: OpenSqlite | undefined;
  try {
    opened = await openSqlite(job);
    allowReadingOnly(opened.database);
    const types = await readAll(opened, { job, checked, sink });
    opened.verify();
    return { types, notes: [] };
  } catch (thrown) {
    const { shown } = job.file;
    throw explainSqliteError(thrown, { shown, database: opened?.database, names: checked.names });
  } finally {
    opened?.close();
  }
}

async function readAll(
  { database }: OpenSqlite,
  { job, checked, sink }: { job: SqliteJob; checked: CheckedStatement; sink: RowSink },
): Promise<string[]> {
  const statement = prepareStatement(database, job.sql);
  const columns = statement.columns();
  if (columns.length === 0)
    throw new ToolError(
      "invalid_input",
      "the statement gives no rows: only statements that read are run; write a SELECT",
    );
  const codecs = columns.map(({ type }) => sqliteCodec(type));
  sink.start(columns.map(({ name }) => name));
  const batch = openRowBatch();
  for (const row of iterateRows(statement, job, checked.tokens)) {
    const values = row as SQLOutputValue[];
    const texts = codecs.map((codec, index) => codec.encode(values[index] ?? null));
    if (batch.add(texts)) await sink.take(batch.drain());
  }
  await sink.take(batch.drain());
  return codecs.map((codec) => codec.type());
}
