import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ToolError } from "../../../src/errors.ts";
import type { SqlAnswer } from "../../../src/data/sql.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

const sales = "sku,region,day,price,qty\na,north,2026-01-02,1.5,3\nb,south,2026-01-03,2.5,4\n";

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("sales.csv", sales);
  await folder.write("dirty.csv.gz", gzipSync("amount\n7\nn/a\n"));
  await folder.write("nested.json", '[{"o":{"first":1},"t":"x"}]');
  await ask("select sku, 1 as cost from 'sales.csv'", "suppliers");
});

afterAll(async () => {
  await folder.close();
});

async function ask(sql: string, saveAs?: string): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, saveAs, origin: {} }, { signal: new AbortController().signal });
}

async function failure(sql: string): Promise<string> {
  const thrown: unknown = await ask(sql).catch((error: unknown) => error);
  if (!(thrown instanceof ToolError)) throw new Error(`"${sql}" did not fail as it should`, { cause: thrown });
  return `${thrown.code}: ${thrown.message}`;
}

test.each([
  [
    "select skku from 'sales.csv'",
    "invalid_input: there is no column \"skku\" (did you mean sku?); 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select s.skku from 'sales.csv' s",
    "invalid_input: s has no column \"skku\" (did you mean sku?); 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select zzz from 'sales.csv'",
    "invalid_input: there is no column \"zzz\"; 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select cots from suppliers s join 'sales.csv' using (sku)",
    "invalid_input: there is no column \"cots\" (did you mean cost?); 'suppliers' has sku, cost; 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select * exclude (qyt) from 'sales.csv'",
    "invalid_input: EXCLUDE names no column: \"qyt\" (did you mean qty?); 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select * from 'sales.csv' join suppliers using (skuu)",
    "invalid_input: USING needs a column of both tables; the left one has no \"skuu\" (did you mean sku?); 'sales.csv' has sku, region, day, price, qty; 'suppliers' has sku, cost",
  ],
  [
    "select region from 'sales.csv' where region = \"north\"",
    "invalid_input: there is no column \"north\"; a text is written in single quotes: 'north'; 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select columns('^z') from 'sales.csv'",
    "invalid_input: no column matches \"^z\"; 'sales.csv' has sku, region, day, price, qty",
  ],
  [
    "select o.frist from 'nested.json'",
    'invalid_input: the struct has no field "frist" (did you mean first?); it has first',
  ],
])("a misspelt column: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test.each([
  ["select * from 'sale.csv'", "not_found: 'sale.csv' does not exist (did you mean 'sales.csv'?)"],
  ["select * from salse", "not_found: 'salse' does not exist (did you mean 'sales.csv'?)"],
  ["select * from supliers", "not_found: there is no file or dataset 'supliers' (did you mean suppliers?)"],
  [
    "select * from 'nowhere/at/all.csv'",
    "not_found: there is no file or dataset 'nowhere/at/all.csv'; paths are relative to ROOT",
  ],
  [
    "select x.sku from 'sales.csv' s",
    'invalid_input: the statement has no table or alias "x" (did you mean s?); it has "s"',
  ],
  [
    "select * from sales.csv",
    "not_allowed: there is no table sales.csv; put the name of a file in quotes, e.g. from 'sales.csv', or name a dataset",
  ],
])("a misspelt table: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test.each([
  [
    "select sku from 'sales.csv' s join suppliers u on s.sku = u.sku",
    'invalid_input: "sku" is a column of several tables; write s.sku or u.sku',
  ],
  [
    "select 1 from 'sales.csv' join suppliers on sku = sku",
    'invalid_input: "sku" is a column of several tables; write "sales.csv".sku or suppliers.sku',
  ],
])("a column of several tables: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test.each([
  ["select summ(qty) from 'sales.csv'", "invalid_input: there is no function summ (did you mean sum?)"],
  ["select strpttime('x', '%d')", "invalid_input: there is no function strpttime (did you mean strptime or strftime?)"],
  ["select nvl(sku, '') from 'sales.csv'", "invalid_input: there is no function nvl; write coalesce(a, b)"],
  [
    "select to_char(day, 'YYYY') from 'sales.csv'",
    "invalid_input: there is no function to_char; write strftime(date, '%Y-%m-%d')",
  ],
  [
    "select row_number() from 'sales.csv'",
    "invalid_input: row_number is a window function; write row_number(…) over (order by …)",
  ],
  [
    "select 1::strin",
    "invalid_input: there is no type strin; the common ones are INTEGER, BIGINT, DOUBLE, DECIMAL(18,2), VARCHAR, BOOLEAN, DATE, TIMESTAMP, TIMESTAMPTZ, TIME, INTERVAL, JSON, UUID",
  ],
  ["select `sku` from 'sales.csv'", 'invalid_input: names are quoted with ", not with `'],
])("a function that is not there: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test.each([
  [
    "select sku, sum(qty) from 'sales.csv'",
    'invalid_input: "sku" is neither grouped by nor aggregated; add it to GROUP BY (GROUP BY ALL takes all such columns), or use any_value(sku)',
  ],
  [
    "select * from 'sales.csv' where sum(qty) > 3",
    "invalid_input: WHERE is asked of single rows, before anything is aggregated; put conditions on aggregates after GROUP BY, in HAVING",
  ],
  [
    "select * from 'sales.csv' where row_number() over () = 1",
    "invalid_input: WHERE cannot hold a window function; put the condition into QUALIFY",
  ],
  [
    "select * from 'sales.csv' qualify qty > 1",
    "invalid_input: QUALIFY is for window functions, and there is none; use WHERE instead",
  ],
  [
    "select sum(sum(qty)) from 'sales.csv'",
    "invalid_input: an aggregate cannot be given another aggregate; compute the inner one in a subquery first",
  ],
  [
    "select (select sku from 'sales.csv')",
    "invalid_input: a subquery that is used as a value gives more than one row; aggregate in it, add limit 1, or compare with IN",
  ],
  [
    "select 1 in (select sku, qty from 'sales.csv')",
    "invalid_input: a subquery that is used as a value, or with IN, gives one column, not 2",
  ],
  [
    "select 1 union select 1, 2",
    "invalid_input: UNION, EXCEPT and INTERSECT need as many columns on one side as on the other; UNION ALL BY NAME fills those that one side does not have",
  ],
  [
    "select * from 'sales.csv' order by 9",
    "invalid_input: a number in ORDER BY is that of a selected column; there are 5",
  ],
  [
    "select count(distinct *) from 'sales.csv'",
    "invalid_input: * stands for all columns only by itself; in an expression write COLUMNS(*), in count(distinct …) the columns",
  ],
  [
    "select * from 'sales.csv' natural join 'dirty.csv.gz'",
    "invalid_input: the tables have no column in common to join by; write join … on …; 'sales.csv' has sku, region, day, price, qty; 'dirty.csv.gz' has amount",
  ],
  [
    "unpivot 'sales.csv' on price, sku",
    "invalid_input: UNPIVOT puts its columns into one, so they have one type, not DOUBLE and VARCHAR; unpivot (select … ::varchar …), or leave some out",
  ],
  ["select regexp_matches('a', '(')", "invalid_input: the regular expression is wrong: missing ): ("],
  ["select $1", "invalid_input: sql has parameters such as ? or $1; write the values into it"],
])("the parts of a statement: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test.each([
  [
    "select when from 'sales.csv'",
    'invalid_input: sql cannot be read at when: when is a word of SQL; as a name it is written in double quotes: "when"',
  ],
  [
    "select order from 'sales.csv'",
    'invalid_input: sql cannot be read at from: order is a word of SQL; as a name it is written in double quotes: "order"',
  ],
  [
    "select * form 'sales.csv'",
    "invalid_input: sql cannot be read at 'sales.csv': form is no word of SQL there (did you mean from?)",
  ],
  [
    "select * from 'sales.csv' wher qty > 3",
    "invalid_input: sql cannot be read at qty: wher is no word of SQL there (did you mean where?)",
  ],
  ["selec 1", "invalid_input: sql cannot be read at selec: selec is no word of SQL there (did you mean select?)"],
  [
    "select sku region qty from 'sales.csv'",
    "invalid_input: sql cannot be read at qty: a comma or an operator may be missing between region and qty",
  ],
  ["select * from 'sales.csv' limit", "invalid_input: sql ends too early, after limit; write what belongs there"],
  [
    "select * from 'sales.csv' join suppliers",
    "invalid_input: sql ends too early, after suppliers; JOIN needs ON condition or USING (column)",
  ],
  ["select (1 + 2 from 'sales.csv'", "invalid_input: sql cannot be read at from: a bracket before it is left open"],
  ["select 1) from 'sales.csv'", "invalid_input: sql cannot be read at ): it closes a bracket that is not open"],
  [
    "select sku, from, qty from 'sales.csv'",
    'invalid_input: sql cannot be read at ,: from is a word of SQL; as a name it is written in double quotes: "from"',
  ],
  ["select 'abc", "invalid_input: a text begins with 'abc and never ends; close it with '"],
  ['select "abc', 'invalid_input: a quoted name begins with "abc and never ends; close it with "'],
  ["select top 5 * from 'sales.csv'", "invalid_input: sql cannot be read at 5: write limit 5 at the end instead"],
  [
    "select * from parts/a.csv",
    "invalid_input: sql cannot be read at /: a path is written in quotes, e.g. from 'folder/file.csv'",
  ],
  [
    "select * into x from 'sales.csv'",
    "invalid_input: SELECT … INTO makes no table here; leave it out, and keep the result with save_as",
  ],
  [
    "insert into x values (1)",
    "invalid_input: only one SELECT can be run here (WITH, VALUES, DESCRIBE, SUMMARIZE and PIVOT too); nothing that writes or changes settings; save_as keeps a result",
  ],
])("what cannot be read: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test("a table that is called as a word that joins tables is looked for", async () => {
  await folder.write("semi.csv", "a\n1\n");
  expect(await failure("select * from semi")).toContain("'semi' does not exist (did you mean 'semi.csv'?)");
  await ask("select 7 as a", "anti");
  expect(await ask("select a from anti")).toMatchObject({ rows: [[7]] });
  expect(await ask("select a from 'semi.csv' s anti join (select 7 as a) t using (a)")).toMatchObject({ rows: [[1]] });
});
