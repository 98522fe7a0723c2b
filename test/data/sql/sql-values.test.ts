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
  await folder.write(
    "dirty.csv",
    'id,note,amount,day\n1,"two\nlines",10,03-04-2026\n\n2,x,n/a,13-04-2026\n3,y,"1,5",x\n',
  );
  await folder.write("dirty.csv.gz", gzipSync("amount\n7\nn/a\n"));
  await folder.write("parts/a.csv", "amount\n7\n");
  await folder.write("parts/b.csv", "amount\nn/a\n");
  await folder.write("broken.csv", 'a,b\n1,2,3\n"x,n/a\n');
  await folder.write("nested.json", '[{"o":{"first":1},"t":"x"}]');
});

afterAll(async () => {
  await folder.close();
});

async function ask(sql: string): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, origin: {} }, { signal: new AbortController().signal });
}

async function failure(sql: string): Promise<string> {
  const thrown: unknown = await ask(sql).catch((error: unknown) => error);
  if (!(thrown instanceof ToolError)) throw new Error(`"${sql}" did not fail as it should`, { cause: thrown });
  return `${thrown.code}: ${thrown.message}`;
}

test.each([
  [
    "select sum(region) from 'sales.csv'",
    'invalid_input: sum takes numbers, not text: "region" is text, since line 2 of \'sales.csv\' holds "north"; try_cast(region as double) makes null of what is no number',
  ],
  [
    "select sum(amount) from 'dirty.csv'",
    'invalid_input: sum takes numbers, not text: "amount" is text, since line 5 of \'dirty.csv\' holds "n/a"; try_cast(amount as double) makes null of what is no number',
  ],
  [
    "select qty + sku from 'sales.csv'",
    'invalid_input: BIGINT + VARCHAR cannot be computed (texts are joined with ||): "sku" is text, since line 2 of \'sales.csv\' holds "a"; try_cast(sku as double) makes null of what is no number',
  ],
  [
    "select a + b from (select 'x' a, 1 b)",
    "invalid_input: VARCHAR + INTEGER cannot be computed (texts are joined with ||); convert the text first: try_cast(… as double)",
  ],
  ["select upper(5, 6)", "invalid_input: upper cannot be called as upper(INTEGER, INTEGER); it takes upper(VARCHAR)"],
  ["select 'abc'::int", 'invalid_input: "abc" is no INTEGER; try_cast(… as INTEGER) makes null of what is none'],
  [
    "select amount::int from 'dirty.csv'",
    'unreadable: line 5 of \'dirty.csv\' holds "n/a" in "amount", which is no INTEGER; try_cast(amount as INTEGER) makes null of what is none',
  ],
  [
    "select amount::int from 'dirty.csv' where id = 3",
    'unreadable: line 6 of \'dirty.csv\' holds "1,5" in "amount", which is no INTEGER; try_cast(amount as INTEGER) makes null of what is none',
  ],
  [
    "select sum(amount::double) from 'dirty.csv' where id = 3",
    "unreadable: line 6 of 'dirty.csv' holds \"1,5\" in \"amount\", which is no DOUBLE; try_cast(replace(amount, ',', '.') as DOUBLE) makes null of what is none",
  ],
  [
    "select amount::int from 'dirty.csv.gz'",
    'unreadable: line 3 of \'dirty.csv.gz\' holds "n/a" in "amount", which is no INTEGER; try_cast(amount as INTEGER) makes null of what is none',
  ],
  [
    "select amount::int from 'parts/*.csv'",
    'unreadable: row 2 of \'parts/*.csv\' holds "n/a" in "amount", which is no INTEGER; try_cast(amount as INTEGER) makes null of what is none',
  ],
  [
    "select b::int from 'broken.csv'",
    'unreadable: row 2 of \'broken.csv\' holds "n/a" in "b", which is no INTEGER; try_cast(b as INTEGER) makes null of what is none. This may come of what is wrong with the file: line 2 of \'broken.csv\' has 3 cells where 2 are expected; the others are in the column extra_cells; line 3 of \'broken.csv\' opens a quote that is never closed, kept as a character: "\\"x,n/a"; mend it',
  ],
  [
    "select t::int from 'nested.json'",
    'unreadable: row 1 of \'nested.json\' holds "x" in "t", which is no INTEGER; try_cast(t as INTEGER) makes null of what is none',
  ],
  [
    "select * from 'sales.csv' where sku = 5",
    'unreadable: line 2 of \'sales.csv\' holds "a" in "sku", which is no INTEGER; write what it is compared with in quotes, or try_cast(sku as INTEGER) makes null of what is none',
  ],
  [
    "select * from 'sales.csv' where sku > 5",
    "invalid_input: VARCHAR and INTEGER cannot be compared; convert one of them, e.g. try_cast(… as INTEGER), or write the other one in quotes to compare texts",
  ],
  [
    "select 9999999999::int",
    'invalid_input: "9999999999" is out of the range of INTEGER; cast to a larger type, e.g. BIGINT or DOUBLE',
  ],
  [
    "select 127::tinyint + 1::tinyint",
    "invalid_input: 127 + 1 is out of the range of TINYINT; cast one side to a larger type, e.g. HUGEINT or DOUBLE",
  ],
  ["select [1, 'a']", 'invalid_input: "a" is no INTEGER; try_cast(… as INTEGER) makes null of what is none'],
  [
    "select (amount || '0')::int from 'dirty.csv'",
    'unreadable: "n/a0" is no INTEGER; try_cast(… as INTEGER) makes null of what is none',
  ],
])("values of another type: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});

test.each([
  [
    "select day::date from 'dirty.csv'",
    "unreadable: line 2 of 'dirty.csv' holds \"03-04-2026\" in \"day\", which is no date of the form YYYY-MM-DD; give its format: strptime(day, '%d-%m-%Y') or strptime(day, '%m-%d-%Y')",
  ],
  [
    "select strptime(day, '%d-%m-%Y') from 'dirty.csv'",
    "unreadable: line 6 of 'dirty.csv' holds \"x\" in \"day\", which is no date of the form %d-%m-%Y; try_strptime(day, '%d-%m-%Y') makes null of what is none",
  ],
  [
    "select strptime('03/04/2026', '%m-%d-%Y')",
    "invalid_input: \"03/04/2026\" is no date of the form %m-%d-%Y; give all formats that there are: strptime(…, ['%m-%d-%Y', '%d/%m/%Y', '%m/%d/%Y'])",
  ],
  [
    "select * from 'sales.csv' where day > '03/04/2026'",
    "invalid_input: \"03/04/2026\" is no date of the form YYYY-MM-DD; give its format: strptime(…, '%d/%m/%Y') or strptime(…, '%m/%d/%Y')",
  ],
  [
    "select * from 'sales.csv' where day = 2026-01-02",
    "invalid_input: INTEGER cannot become DATE; a date is written in quotes: '2026-01-31'",
  ],
  [
    "select date '2026-02-30'",
    'invalid_input: "2026-02-30" is no date of the form YYYY-MM-DD; try_cast(… as DATE) makes null of what is none',
  ],
  [
    "select strptime(day, '%d/%m/%Y') from 'sales.csv'",
    "invalid_input: strptime reads text, and what it is given is a DATE already; use it as it is, or write it with strftime",
  ],
  [
    "select date_trunc('mont', day) from 'sales.csv'",
    'invalid_input: "mont" is no part of a date (did you mean month?); use year, quarter, month, week, day, dayofweek, dayofyear, hour, minute, second, epoch',
  ],
  [
    "select timestamp 'noon'",
    'invalid_input: "noon" is no time of the form YYYY-MM-DD HH:MM:SS; try_cast(… as TIMESTAMP) makes null of what is none',
  ],
])("dates: %s", async (sql, told) => {
  expect(await failure(sql)).toBe(told.replace("ROOT", folder.root));
});
