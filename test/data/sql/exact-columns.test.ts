import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

/** Rows that no sample of the beginning reaches beyond. */
const before = 3_000;

async function late(usual: string, cell: string) {
  await folder.write("late.csv", `id,v\n${`1,${usual}\n`.repeat(before)}2,${cell}\n`);
  const answer = await folder.value(queryData, { sql: "select v from 'late.csv' where id = 2" });
  const page = await folder.value(readRows, { source: "late.csv", offset: before, columns: ["v"] });
  return { types: answer["types"], rows: answer["rows"], notes: answer["notes"], written: page["rows"] };
}

test.each([
  ["7", "007"],
  ["7", "00"],
  ["7", "-007"],
  ["7", "+7"],
  ["7", "1e2"],
  ["7", "12E5"],
  ["7", "1_000"],
  ["7", "0x1FFFF"],
  ["7", "0b11"],
  ["7", "n/a"],
  ["7", "9".repeat(40)],
  ["1.5", "007"],
  ["1.5", "007.5"],
  ["1.5", "+1.5"],
  ["1.5", "1_0.5"],
  ["1.5", "9007199254740993"],
  ["1.5", "12345678901234567.89"],
  ["1.5", "0.12345678901234567890"],
  ["1.5", "1e400"],
  ["1.5", "1e-400"],
  ["99999999999999999999", "007"],
  ["99999999999999999999", "1e3"],
  ["true", "0"],
  ["true", "yes"],
  ["2026-01-05", "2026-01-05 10:00:00"],
  ["2026-01-05", "2026-1-5"],
  ["2026-01-05", "05/01/2026"],
  ["2026-01-05 10:00:00", "2026-01-05"],
  ["2026-01-05 10:00:00", "2026-01-05T10:00:00Z"],
  ["2026-01-05 10:00:00", "2026-01-05 10:00:00.123456789"],
  ["2026-01-05 10:00:00", "2026-01-05 24:00:00"],
  ["2026-01-05 10:00:00", "2026-01-05T24:00"],
  ["2026-01-05T10:00:00Z", "2026-01-05T24:00:00Z"],
  ["2026-01-05T10:00:00Z", "2026-01-05T10:00:00"],
  ["2026-01-05T10:00:00Z", "soon"],
  ["10:00:00", "10:00:00.123456789"],
])("in a column of values like %j, a late %j stays what it is, and is told", async (usual, cell) => {
  const { types, rows, notes, written } = await late(usual, cell);
  expect(rows).toEqual([[cell]]);
  expect(written).toEqual([[cell]]);
  expect(types).toEqual(["VARCHAR"]);
  expect(notes).toEqual([expect.stringContaining(`line ${before + 2} holds ${JSON.stringify(cell)}`)]);
});

test.each([
  ["7", "0", "BIGINT", 0],
  ["7", "-12", "BIGINT", -12],
  ["7", "100", "BIGINT", 100],
  ["7", " 12 ", "BIGINT", 12],
  ["7", "9223372036854775807", "BIGINT", "9223372036854775807"],
  ["7", "-9223372036854775808", "BIGINT", "-9223372036854775808"],
  ["7", "9223372036854775808", "HUGEINT", "9223372036854775808"],
  ["7", "2.5", "DOUBLE", 2.5],
  ["7", `1.${"0".repeat(30)}`, "DOUBLE", 1],
  ["1.5", "-0.30000000000000004", "DOUBLE", -0.30000000000000004],
  ["1.5", "1.234499999999999931e+00", "DOUBLE", 1.2345],
  ["1.5", "0.000", "DOUBLE", 0],
  ["1.5", "1e-3", "DOUBLE", 0.001],
  ["1.5", "-inf", "DOUBLE", "-Infinity"],
  ["1.5", "NaN", "DOUBLE", "NaN"],
  ["true", "FALSE", "BOOLEAN", false],
  ["2026-01-05", "0001-01-01", "DATE", "0001-01-01"],
  ["2026-01-05 10:00:00", "2026-01-05T10:00:00.5", "TIMESTAMP", "2026-01-05T10:00:00.5"],
  ["2026-01-05T10:00:00Z", "2026-01-05T10:00:00+02:00", "TIMESTAMP WITH TIME ZONE", "2026-01-05T08:00:00Z"],
  ["10:00:00", "23:59:59.5", "TIME", "23:59:59.5"],
])("in a column of values like %j, a late %j makes it %s", async (usual, cell, type, value) => {
  const { types, rows, notes } = await late(usual, cell);
  expect({ types, rows, notes }).toEqual({ types: [type], rows: [[value]], notes: undefined });
});

test("many columns that change their types far down are all read as they are written", async () => {
  const row = (cell: string) => `${Array.from({ length: 40 }, () => cell).join()}\n`;
  const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
  await folder.write("wide.csv", `${names.join()}\n${row("7").repeat(before)}${row("007")}`);
  const answer = await folder.value(queryData, { sql: "select * from 'wide.csv' order by c0 limit 1" });
  expect(answer["rows"]).toEqual([Array.from({ length: 40 }, () => "007")]);
});

test("files of several shapes are one table whose values are exact", async () => {
  await folder.write("parts/a.csv", `id;zip\n${"1;7\n".repeat(before)}2;007\n`);
  await folder.write("parts/b.csv", "zip,id,more\n8,3,true\n");
  const answer = await folder.value(queryData, {
    sql: "select id, zip, more from 'parts/*.csv' where id > 1 order by id",
  });
  expect(answer["rows"]).toEqual([
    [2, "007", null],
    [3, "8", true],
  ]);
});

const numbers = "0 -0 7 007 -12 +7 1e2 1_000 0x1F 1.5 .5 1. -0.0 1e400 1e-400 12345678901234567.89 nan -inf".split(" ");
const days =
  "2026-01-05 2026-02-31 0000-01-01 2026-1-5 2026-01-05T10:00 2026-01-05T10:00:00Z 2026-01-05T24:00 24:00:00 10:00:00".split(
    " ",
  );
const texts = [
  "true",
  "FALSE",
  "yes",
  "",
  " 12 ",
  "9223372036854775808",
  "9".repeat(40),
  '"7"',
  '"1,5"',
  '"""a"""',
  '"x\ny"',
];
const awkward = fc.constantFrom(...numbers, ...days, ...texts);

/** Of a file whose rows are all in the sample less is checked: so many times its rows are more than that. */
const times = 700;

test("a small file is read as a large one of the same rows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(awkward, { minLength: 3, maxLength: 8 }), async (cells) => {
      const rows = cells.map((cell, index) => `${index},${cell}\n`).join("");
      await folder.write("small.csv", `id,v\n${rows}`);
      await folder.write("large.csv", `id,v\n${rows.repeat(times)}`);
      const of = (name: string) =>
        folder.value(queryData, { sql: `select distinct id, v, v::varchar as t from '${name}' order by all` });
      const [small, large] = [await of("small.csv"), await of("large.csv")];
      expect({ types: small["types"], rows: small["rows"] }).toEqual({ types: large["types"], rows: large["rows"] });
    }),
    { numRuns: 25 },
  );
}, 60_000);
