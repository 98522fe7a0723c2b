import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../src/tools/query-data.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write(
    "t.csv",
    `id,zip,note\n${Array.from({ length: 500 }, (_, id) => `${id},00${id},"a\nb, ""${id}"""\n`).join("")}`,
  );
});

afterAll(async () => {
  await folder.close();
});

test("gives a page of text as it is written", async () => {
  expect(await folder.value(readRows, { source: "t.csv", offset: 7, limit: 2 })).toEqual({
    status: "done",
    columns: ["id", "zip", "note"],
    types: ["VARCHAR", "VARCHAR", "VARCHAR"],
    rows: [
      ["7", "007", 'a\nb, "7"'],
      ["8", "008", 'a\nb, "8"'],
    ],
    offset: 7,
    truncated: false,
  });
});

test("knows the number of rows once it has seen the end, and picks columns in the order asked for", async () => {
  const value = await folder.value(readRows, { source: "t.csv", offset: 498, columns: ["zip", "id"] });
  expect(value).toMatchObject({
    columns: ["zip", "id"],
    rows: [
      ["00498", "498"],
      ["00499", "499"],
    ],
    row_count: 500,
  });
  expect(await folder.value(readRows, { source: "t.csv", offset: 9_999 })).toMatchObject({ rows: [], row_count: 500 });
});

test("a column that is not there is named, with the nearest", async () => {
  const result = await folder.call(readRows, { source: "t.csv", columns: ["zipp"] });
  expect(result).toMatchObject({
    ok: false,
    code: "invalid_input",
    message: expect.stringContaining("did you mean zip") as string,
  });
});

test.each([
  ["gzip", "g.csv.gz", gzipSync("a,b\n1,\n")],
  ["UTF-16", "u.csv", Buffer.from("\uFEFFa,b\r\n1,\r\n", "utf16le")],
  ["Latin-1", "l.csv", Buffer.from("a,b\n1,\n\n", "latin1")],
  ["a byte order mark", "m.csv", "\uFEFFa,b\n1,"],
])("reads %s, and empty cells are null", async (_, name, content) => {
  await folder.write(name, content);
  expect(await folder.value(readRows, { source: name })).toMatchObject({
    columns: ["a", "b"],
    rows: [["1", null]],
    row_count: 1,
  });
});

test("a blank line is an empty cell in a table of one column, and nothing elsewhere", async () => {
  await folder.write("one.csv", "a\n1\n\n3\n\n");
  expect(await folder.value(readRows, { source: "one.csv" })).toMatchObject({
    rows: [["1"], [null], ["3"]],
    row_count: 3,
  });
  await folder.write("two.csv", "\na,b\n1,2\n\n3,4\n");
  expect(await folder.value(readRows, { source: "two.csv" })).toMatchObject({
    rows: [
      ["1", "2"],
      ["3", "4"],
    ],
    row_count: 2,
  });
});

test("reads JSON lines with their types, every digit kept", async () => {
  await folder.write("t.jsonl", '{"a":1,"b":[1]}\n\n{"a":9007199254740993,"c":"x"}\n');
  expect(await folder.value(readRows, { source: "t.jsonl" })).toMatchObject({
    columns: ["a", "b", "c"],
    rows: [
      [1, [1], null],
      ["9007199254740993", null, "x"],
    ],
    row_count: 2,
  });
});

test("reads far into a text file by SQL, and still gives text", async () => {
  await folder.write("far.csv", `id,zip\n${Array.from({ length: 150_000 }, (_, id) => `${id},0${id}\n`).join("")}`);
  const value = await folder.value(readRows, { source: "far.csv", offset: 140_000, limit: 1 });
  expect(value).toMatchObject({ types: ["VARCHAR", "VARCHAR"], rows: [["140000", "0140000"]] });
});

test("reads a dataset and a Parquet file, with their number of rows", async () => {
  const { dataset_path: path } = await folder.value(queryData, {
    sql: "select range as n from range(10)",
    save_as: "ten",
  });
  const expected = { columns: ["n"], types: ["BIGINT"], rows: [[3], [4]], row_count: 10 };
  expect(await folder.value(readRows, { source: "ten", offset: 3, limit: 2 })).toMatchObject(expected);
  expect(await folder.value(readRows, { source: String(path), offset: 3, limit: 2 })).toMatchObject(expected);
});

test("bytes that are not UTF-8 far down are read as Windows-1252, and told", async () => {
  const late = Buffer.concat([Buffer.from("a,b\n1,2\n".repeat(40_000)), Buffer.from("3,\u00e9\n", "latin1")]);
  await folder.write("late-bytes.csv", late);
  expect(await folder.value(readRows, { source: "late-bytes.csv", offset: 79_999 })).toMatchObject({
    rows: [["3", "\u00e9"]],
    notes: [expect.stringContaining("line 80001 is not UTF-8") as string],
  });
});

test("a line without end is refused, and the message says which", async () => {
  await folder.write("bad.csv", `a,b\n1,2\n${"x".repeat(6_000_000)}`);
  const result = await folder.call(readRows, { source: "bad.csv" });
  expect(result).toMatchObject({ ok: false, code: "too_large", message: expect.stringContaining("line 3") as string });
});

test("what follows the page is not read", async () => {
  await folder.write("later.csv", `a,b\n${"1,2\n".repeat(300_000)}broken\n`);
  expect(await folder.value(readRows, { source: "later.csv", limit: 1 })).toMatchObject({ rows: [["1", "2"]] });
});

test("half a character in JSON lines is answered as text that every reader takes", async () => {
  await folder.write("half.jsonl", '{"a":"x\\ud83d","b":["\\uDE00"],"c":"\\ud83d\\ude00","n":9007199254740993}\n');
  const { rows } = await folder.value(readRows, { source: "half.jsonl" });
  expect(rows).toEqual([["x\ufffd", ["\ufffd"], "😀", "9007199254740993"]]);
});

test("a column may be named like what every object has", async () => {
  await folder.write("own.jsonl", '{"a":1,"toString":"x"}\n{"a":2}\n');
  const value = await folder.value(readRows, { source: "own.jsonl" });
  expect(value).toMatchObject({
    columns: ["a", "toString"],
    types: ["BIGINT", "VARCHAR"],
    rows: [
      [1, "x"],
      [2, null],
    ],
  });
});

test("a column that only other rows have is null in the page", async () => {
  await folder.write("late.jsonl", `{"a":1}\n{"a":2}\n${'{"a":3}\n'.repeat(50)}{"a":4,"late":true}\n`);
  const value = await folder.value(readRows, { source: "late.jsonl", limit: 1, columns: ["late", "a"] });
  expect(value).toMatchObject({ columns: ["late", "a"], types: ["BOOLEAN", "BIGINT"], rows: [[null, 1]] });
  const missing = await folder.call(readRows, { source: "late.jsonl", limit: 1, columns: ["later"] });
  expect(missing).toMatchObject({ ok: false, code: "invalid_input" });
});

test("a line end that two chunks share is one", async () => {
  // as long as the first chunk that is read, with the carriage return
  const header = `a,${"b".repeat(32 * 1024 - 3)}`;
  await folder.write("shared.csv", `${header}\r\n1,2\r\n3,4\r\n`);
  expect(await folder.value(readRows, { source: "shared.csv", columns: ["a"] })).toMatchObject({
    rows: [["1"], ["3"]],
    row_count: 2,
  });
});

test.each([
  ["blank lines", `city,n\n${"\n".repeat(300)}Oslo,1\n`, ["city", "n"]],
  ["few rows", "2020,2021\n1,2\n", ["2020", "2021"]],
  ["many rows", `1,x\n${"2,y\n".repeat(5_000)}`, ["column0", "column1"]],
])("names the columns as SQL does in a file of %s", async (_name, content, columns) => {
  await folder.write("names.csv", content);
  expect(await folder.value(readRows, { source: "names.csv", limit: 1 })).toMatchObject({ columns });
  expect(await folder.value(queryData, { sql: "select * from 'names.csv' limit 1" })).toMatchObject({ columns });
});
