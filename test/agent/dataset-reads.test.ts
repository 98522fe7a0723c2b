import { expect, test } from "vitest";
import { isUntrustedResult } from "../../src/agent/call-effects.ts";
import { tools } from "../../src/tools/index.ts";

const query = (sql: string) => ({ name: "query_data", input: { sql } });

test.each([
  [query("select content from pg"), true],
  [query("select a.x from 'a.csv' a, /* b */ pg"), true],
  [query("select * from (select * from 'a.csv') join \"pg\" using (x)"), true],
  [query("with pg as (select * from pg) select 1"), true],
  [query("describe ds_0199aabbccdd0011"), true],
  [query("from '.axoner/datasets/ds_0199aabbccdd0011.parquet'"), true],
  [query("from 'pg'"), true],
  [query("with t as (select a, b from 'a.csv') select extract(year from d), x from t order by x, y"), false],
  [query("select a is distinct from b, c from 'a.csv' x join 'b.csv' y on f(x.a, y.b) group by a, b"), false],
  [query("select 'from pg', 1 from (select a, b from \"a.csv\")"), false],
  [{ name: "read_rows", input: { source: "pg" } }, true],
  [{ name: "profile_data", input: { source: "a.csv" } }, false],
  [{ name: "chart", input: { source: "ds_0199aabbccdd0011" } }, true],
  [{ name: "job", input: {} }, true],
])("of a dataset nobody knows here who wrote it, of a local file the user does: %j", ({ name, input }, isUntrusted) => {
  const definition = tools.find((one) => one.name === name);
  expect(isUntrustedResult({ name, input, ok: true, definition })).toBe(isUntrusted);
});
