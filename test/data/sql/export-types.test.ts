import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession, type DuckDbSession } from "../../../src/data/sql/duckdb-session.ts";
import { exportTo } from "../../../src/data/sql/export.ts";
import type { OutputFormat } from "../../../src/data/sql/sql-wire.ts";
import { resultColumns } from "../../../src/data/sql/storage.ts";
import { readXlsx } from "../../support/read-xlsx.ts";

/** The least, the greatest and no value of every type that DuckDB has. */
const everyType = "SELECT * FROM test_all_types()";

let session: DuckDbSession;
let folder: string;

beforeAll(async () => {
  session = await openSession(512);
  await session.connection.run("SET TimeZone = 'UTC'");
  folder = await mkdtemp(join(tmpdir(), "axoner-export-types-"));
});

afterAll(async () => {
  session.close();
  await rm(folder, { recursive: true, force: true });
});

/** Write every type; gives the path of the file. */
async function write(format: OutputFormat, sql = everyType): Promise<string> {
  const prepared = await session.connection.prepare(sql);
  const path = join(folder, `all.${format}`);
  const target = { path, format, gzip: false, escapeFormulas: true, title: "all" };
  expect(await exportTo(session, { sql, prepared, columns: resultColumns(prepared) }, target)).toBe(3);
  prepared.destroySync();
  return path;
}

test("JSON holds every type, and every digit", async () => {
  const rows = JSON.parse(await readFile(await write("json"), "utf8")) as Record<string, unknown>[];
  expect(rows[0]).toMatchObject({ hugeint: "-170141183460469231731687303715884105728", ubigint: 0 });
  expect(rows[1]).toMatchObject({
    int: 2_147_483_647,
    uhugeint: "340282366920938463463374607431768211455",
    float: 3.4028235e38,
    dec38_10: "9999999999999999999999999999.9999999999",
    varchar: "goo\u0000se",
    double_array: [42, "NaN", "Infinity", "-Infinity", null, -42],
    timestamptz_array: ["1970-01-01T00:00:00Z", "infinity", "-infinity", null, "2022-05-12T23:23:45Z"],
    map: { key1: "🦆🦆🦆🦆🦆🦆", key2: "goose" },
  });
  expect(new Set(Object.values(rows[2] ?? {}))).toEqual(new Set([null]));
});

test("CSV and sheets hold every type", async () => {
  expect(await readFile(await write("csv"), "utf8")).toContain(',"{""a"":42,""b"":""🦆🦆🦆🦆🦆🦆""}",');
  const { cells } = await readXlsx(await write("xlsx"));
  expect(cells["F2"]).toMatchObject({ type: "s", text: "-170141183460469231731687303715884105728" });
  expect(Object.keys(cells).filter((place) => place.endsWith("4"))).toEqual([]);
});

test("Parquet holds every type, but no integer of 39 digits", async () => {
  const path = await write("parquet", "SELECT * EXCLUDE hugeint FROM test_all_types()");
  const reader = await session.connection.runAndReadAll(`SELECT uhugeint, "interval" FROM '${path}' LIMIT 1 OFFSET 1`);
  expect(reader.getRowsJson()).toEqual([
    ["340282366920938463463374607431768211455", "83 years 3 months 999 days 00:16:39.999999"],
  ]);
});
