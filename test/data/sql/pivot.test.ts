import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SqlAnswer, SqlRequest } from "../../../src/data/sql.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;
let duckdb: DuckDBConnection;

const values = `(values
  ('x', 2026, date '2026-01-02', 1.50::decimal(4,2), true, 2.5::double, 1),
  ('x', 2027, date '2026-02-10', 2.25, false, 1e20, 2),
  ('it''s', 10000, date '2026-01-02', 1.50, null, null, 3),
  (null, null, null, null, null, null, 4)
) v(s, year, day, money, flag, float, n)`;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("sales.csv", "k,m,n\nx,jan,1\nx,feb,2\ny,jan,3\n");
  await query(`select * from ${values}`, { saveAs: "t" });
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  await duckdb.run(`create table t as select * from ${values}`);
});

afterAll(async () => {
  duckdb.closeSync();
  await folder.close();
});

async function query(sql: string, more: Partial<SqlRequest> = {}): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, origin: {}, ...more }, { signal: new AbortController().signal });
}

/** Rows as objects, whatever the order of rows and columns. */
function asSet(names: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  const cells = (row: readonly unknown[]) =>
    names.map((name, index) => `${name}=${JSON.stringify(row[index] ?? null)}`).toSorted();
  return rows.map((row) => cells(row).join()).toSorted();
}

test.each([
  "pivot t on s using sum(n)::int",
  "pivot t on year using sum(n)::int group by s",
  "pivot t on day using sum(n)::int group by s",
  "pivot t on money using sum(n)::int group by s",
  "pivot t on flag using sum(n)::int group by s",
  "pivot t on float using sum(n)::int group by s",
  "pivot t on year(day) using sum(n)::int group by s",
  "pivot t on s || '/' || year using sum(n)::int group by flag",
  "pivot t on s, flag using sum(n)::int group by year",
  "pivot t on s in ('x'), flag using sum(n)::int group by year",
  "pivot t on s using sum(n)::int, max(n) as top group by year",
  "pivot t on s",
  "pivot t on s -- names\n using sum(n)::int group by flag",
  'pivot_wider "t" on "s" using sum(n)::int group by year',
  "with a as (select * from t where n < 4) pivot a on s using sum(n)::int group by year",
  "with a as (from t), p as (pivot a on s using sum(n)::int group by year) select * from p where year > 2026",
  "with a as (from t) select * from (with a as (select * from t where n = 1) select * from (pivot a on s using sum(n)::int group by year))",
  "select p.* from (pivot t on s using sum(n)::int group by year) p join t on p.year = t.year",
  "pivot t join (select 1 as one) u on t.n = u.one on s using count(*)::int group by year",
  "pivot (pivot t on s using sum(n)::int group by year) on year using any_value(x)",
  "pivot (select 'on' as a, 'using' as b, n from t) on a || b using sum(n)::int",
  "pivot t on s using sum(n)::int group by year order by year desc limit 2",
  "pivot t on s using sum(n)::int group by year union all by name select 5 as year",
  "summarize pivot t on s using sum(n)::int group by year",
  "from t pivot (sum(n)::int for s in ('x', 'it''s') group by year)",
  "unpivot (select year, n from t) on year, n into name what value v",
])("gives what DuckDB's two statements give: %s", async (sql) => {
  const answer = await query(sql);
  const expected = await duckdb.runAndReadAll(sql);
  const cells = expected
    .getRowsJson()
    .map((row) => row.map((cell) => (/^\d+$/.test(String(cell)) ? Number(cell) : cell)));
  const plain = answer.rows.map((row) => row.map((cell) => (/^\d+$/.test(String(cell)) ? Number(cell) : cell)));
  expect(
    asSet(
      answer.columns.map(({ name }) => name),
      plain,
    ),
  ).toEqual(asSet(expected.columnNames(), cells));
});

test("numbers come in their order, not in that of their digits", async () => {
  const { columns } = await query("pivot (select unnest([10, 9, 100]) as a) on a using count(*)");
  expect(columns.map(({ name }) => name)).toEqual(["9", "10", "100"]);
});

test("reads files, and keeps the result under a name", async () => {
  const { columns, dataset } = await query("pivot read_csv('sales.csv') on m using max(n)", { saveAs: "months" });
  expect(columns.map(({ name }) => name)).toEqual(["k", "feb", "jan"]);
  expect(dataset).toMatchObject({ name: "months", rowCount: 2 });
  expect(await query("select jan from months where k = 'y'")).toMatchObject({ rows: [[3]] });
});

test.each([
  [
    "pivot range(5000) r(i) on i using count(*)",
    "too_large",
    "PIVOT would make 5,000 columns of the values of i, more than 1,000; name those you want, ON i IN ('0', '1', '2', …), or use GROUP BY i instead",
  ],
  [
    "pivot (select i % 40 as a, i % 30 as b from range(5000) r(i)) on a, b using count(*)",
    "too_large",
    "PIVOT would make 1,200 columns of the values of b, more than 1,000; name those you want, ON b IN ('0', '1', '2', …), or use GROUP BY b instead",
  ],
  [
    "pivot (select * from t where n > 10) on s using sum(n)",
    "invalid_input",
    "PIVOT makes a column of each value of s, and there is none",
  ],
  [
    "pivot t on s in (select s from t) using sum(n)",
    "invalid_input",
    "PIVOT takes no query for its values; write them, ON column IN ('a', 'b'), or leave IN (…) away for all that there are",
  ],
  [
    "pivot (values ('a', 1)) v(s, n) on s using sum(n)",
    "invalid_input",
    "the values of this PIVOT cannot be found beforehand; name them: PIVOT … ON column IN ('a', 'b')",
  ],
  [
    "pivot t on yeer using sum(n)",
    "invalid_input",
    "there is no column \"yeer\" (did you mean year?); 't' has s, year, day, money, flag, float, n",
  ],
])("says why it cannot: %s", async (sql, code, message) => {
  await expect(query(sql)).rejects.toMatchObject({ code, message });
});
