import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { profileData } from "../../../src/tools/profile-data.ts";
import type { JsonObject, JsonValue } from "../../../src/message.ts";
import { dirtyExports, unreadableFiles } from "../../fixtures/dirty-exports.ts";
import { dirtyShapes } from "../../fixtures/dirty-shapes.ts";
import { dirtyValues } from "../../fixtures/dirty-values.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

const files = [...dirtyShapes, ...dirtyValues, ...dirtyExports];

test.each(files)("reads a file with $is", async ({ is, ending = ".csv", content, columns, rows, problems = [] }) => {
  const name = `${is.replaceAll(/[^a-z0-9]+/gi, "-")}${ending}`;
  await folder.write(name, content);
  const answer = await folder.value(queryData, { sql: `select * from '${name}'` });
  expect(answer["rows"]).toEqual(rows);
  expect(answer["columns"]).toEqual(columns ?? answer["columns"]);
  const profile = await folder.value(profileData, { source: name });
  expect(profile["row_count"]).toBe(rows.length);
  const told = (profile["problems"] as JsonObject[]).map(({ line, code }) => [line, code]);
  expect(told).toEqual(problems);
  expect((answer["notes"] ?? []) as string[]).toHaveLength(problems.length);
  const page = await folder.value(readRows, { source: name });
  expect(page["columns"]).toEqual(answer["columns"]);
  const types = answer["types"] as string[];
  const read = (page["rows"] as JsonValue[][]).map((row) => row.map((cell, index) => meaning(cell, types[index])));
  expect(read).toEqual(rows.map((row) => row.map((cell, index) => meaning(cell, types[index]))));
  const known = problems.filter(([, code]) => code !== "not_of_type" && code !== "same_number");
  expect(((page["notes"] ?? []) as string[]).map((note) => Number(/^line (\d+) /.exec(note)?.[1]))).toEqual(
    known.map(([line]) => line),
  );
});

/** What a cell says, whether it comes as text or as a value of its column's type. */
function meaning(cell: JsonValue, type: string | undefined): unknown {
  if (cell === null || type === "VARCHAR") return cell;
  const text = String(cell).trim();
  if (type === "BIGINT" || type === "HUGEINT") return BigInt(text);
  if (type === "DOUBLE") return /^-?inf/i.test(text) ? Number(text.replace(/inf.*/i, "Infinity")) : Number(text);
  if (type === "TIMESTAMP WITH TIME ZONE") return new Date(text).getTime();
  return text.toLowerCase().replace(/^(\S+) (\S+)$/, "$1t$2");
}

test.each(unreadableFiles)("refuses $is", async ({ is, ending = ".csv", content, code, message }) => {
  const name = `${is.replaceAll(/[^a-z0-9]+/gi, "-")}${ending}`;
  await folder.write(name, content);
  const refusal = { ok: false, code, message: expect.stringMatching(message) };
  expect(await folder.call(queryData, { sql: `select * from '${name}'` })).toMatchObject(refusal);
  expect(await folder.call(profileData, { source: name })).toMatchObject(refusal);
  expect(await folder.call(readRows, { source: name })).toMatchObject(refusal);
});

test("problems beyond the first hundred are counted, and every row is there", async () => {
  const lines = Array.from({ length: 5_000 }, (_, id) => (id % 2 === 0 ? `${id}\n` : `${id},x\n`));
  await folder.write("many.csv", `id,v\n${lines.join("")}`);
  const { problems, row_count: rowCount } = await folder.value(profileData, { source: "many.csv" });
  expect(rowCount).toBe(5_000);
  expect(problems).toHaveLength(101);
  expect((problems as JsonObject[]).at(-1)).toMatchObject({ code: "more" });
  expect((problems as JsonObject[]).at(-1)?.["message"]).toContain("has 2400 more problems");
  const { notes } = await folder.value(queryData, { sql: "select count(*) from 'many.csv'" });
  expect((notes as string[]).at(-1)).toContain("2400 more problems");
});

test("a row that is broken far down a large file is found, and the copy is gone afterwards", async () => {
  const lines = Array.from({ length: 300_000 }, (_, id) => (id === 250_000 ? `${id},"open\n` : `${id},"a ""b"" c"\n`));
  await folder.write("far.csv", `id,v\n${lines.join("")}`);
  const answer = await folder.value(queryData, { sql: "select count(*), sum(id), count(distinct v) from 'far.csv'" });
  expect(answer["rows"]).toEqual([[300_000, 44_999_850_000, 2]]);
  expect((answer["notes"] as string[]).join()).toContain("line 250002 of 'far.csv' opens a quote");
  expect(await readdir(join(folder.workspace, "tmp"))).toEqual([]);
});

test("a line that is too long is refused, in a file that is broken too", async () => {
  await folder.write("long.csv", `a,b\n1\n2,${"x".repeat(3_000_000)}\n`);
  expect(await folder.call(queryData, { sql: "select * from 'long.csv'" })).toMatchObject({
    ok: false,
    code: "too_large",
  });
  expect(await folder.call(readRows, { source: "long.csv" })).toMatchObject({ ok: false, code: "too_large" });
});

test("a broken file can be joined with another, kept, and asked for what its rows have too much", async () => {
  await folder.write("left.csv", "id,v\n1,a\n2,b,c\n3\n");
  await folder.write("right.csv", "id,w\n1,x\n2\n");
  const sql = "select id, v, w, l.extra_cells from 'left.csv' l left join 'right.csv' r using (id) order by id";
  const answer = await folder.value(queryData, { sql, save_as: "joined" });
  expect(answer["rows"]).toEqual([
    [1, "a", "x", null],
    [2, "b", null, '["c"]'],
    [3, null, null, null],
  ]);
  expect(answer["notes"]).toHaveLength(3);
});

test("many broken files of a glob are one table", async () => {
  for (let part = 0; part < 20; part += 1) await folder.write(`parts/p${part}.csv`, `id,v\n${part},x\n${part + 100}\n`);
  const answer = await folder.value(queryData, { sql: "select count(*), sum(id), count(v) from 'parts/*.csv'" });
  expect(answer["rows"]).toEqual([[40, 2_380, 20]]);
  const { problems } = await folder.value(profileData, { source: "parts/*.csv" });
  expect(problems).toHaveLength(20);
  for (let part = 0; part < 5; part += 1) await folder.write(`more/p${part}.csv`, `id,v\n0,x\n${"1\n".repeat(90)}`);
  const profile = await folder.value(profileData, { source: "more/*.csv" });
  expect(profile["problems"]).toHaveLength(151);
});

test("a statement that is wrong over a broken file is told first, then three of what is wrong with the file", async () => {
  await folder.write("both.csv", `id,v\n${"1\n".repeat(500)}2,x\n`);
  const failed = await folder.call(queryData, { sql: "select max(v::int) from 'both.csv'" });
  expect(failed).toMatchObject({ ok: false, code: "unreadable" });
  const { message } = failed as { message: string };
  expect(message).toMatch(/^line 502 of .*holds "x".*\. This may come of what is wrong with the file: line 2 of /);
  expect(message).toMatch(/line 4 of 'both.csv' [^;]+; the others are null; and more than 97 more, which profile_data/);
  expect(message.length).toBeLessThan(1_000);
});

test("bytes that are not UTF-8, far down, are read as Windows-1252 and told", async () => {
  await folder.write(
    "late.csv",
    Buffer.concat([Buffer.from(`a,b\n${"1,x\n".repeat(80_000)}`), Buffer.from("2,caf\u00e9\n", "latin1")]),
  );
  const answer = await folder.value(queryData, { sql: "select * from 'late.csv' order by a desc limit 1" });
  expect(answer["rows"]).toEqual([[2, "caf\u00e9"]]);
  expect((answer["notes"] as string[]).join()).toContain("line 80002 of 'late.csv' is not UTF-8");
});

test.each([
  ["short", 1],
  ["long", 50_000],
])("zeros after the last row of a %s file are told, and no row", async (is, count) => {
  const lines = Array.from({ length: count }, (_, id) => `${id},x\n`);
  const source = `${is}-padded.csv`;
  await folder.write(source, `id,v\n${lines.join("")}${"\0".repeat(4_096)}`);
  const notes = [`'${source}' has zeros after its data, which are left aside`];
  const sql = `select count(*), sum(id)::bigint from '${source}'`;
  expect(await folder.value(queryData, { sql })).toMatchObject({ rows: [[count, (count * (count - 1)) / 2]], notes });
  const page = await folder.value(readRows, { source, offset: count - 1 });
  expect(page).toMatchObject({ rows: [[`${count - 1}`, "x"]], row_count: count, notes });
});

test("a NUL in a name, which SQL could not ask for, is left out and told", async () => {
  await folder.write("named.csv", "id,na\0me\n1,x\n");
  const notes = ["a name of a column of 'named.csv' holds a NUL character, which is left out"];
  expect(await folder.value(queryData, { sql: "select name from 'named.csv'" })).toMatchObject({
    rows: [["x"]],
    notes,
  });
  expect(await folder.value(readRows, { source: "named.csv" })).toMatchObject({ columns: ["id", "name"], notes });
});

test("there are more than a hundred dirty files", () => {
  expect(files.length).toBeGreaterThanOrEqual(110);
});

test.each([
  ["numbers", "n\n1\n2\n", [["1"], ["2"]]],
  ["texts", "n\na\nb\n", [["a"], ["b"]]],
  ["numbers beyond the head", `n\n${"12345678\n".repeat(40_000)}`, Array.from({ length: 40_000 }, () => ["12345678"])],
])("zeros after %s of one column are no row", async (_, content, expected) => {
  await folder.write("padded.csv", `${content}${"\0".repeat(100)}`);
  const last = { offset: expected.length - 1 };
  const counted = await folder.value(queryData, { sql: "select count(*), max(n) from 'padded.csv'" });
  const largest = expected.at(-1)?.[0] ?? "";
  expect(counted["rows"]).toEqual([[expected.length, /\d/.test(largest) ? Number(largest) : largest]]);
  expect(counted["notes"]).toEqual(["'padded.csv' has zeros after its data, which are left aside"]);
  const page = await folder.value(readRows, { source: "padded.csv", ...last });
  expect(page).toMatchObject({ rows: expected.slice(last.offset), notes: counted["notes"] });
  const profile = await folder.value(profileData, { source: "padded.csv" });
  expect(profile).toMatchObject({ row_count: expected.length, problems: [{ line: 0, code: "padding" }] });
});

test("a NUL after a number far down makes its column text, and is told with its line", async () => {
  const rows = Array.from({ length: 3_000 }, (_, id) => `${id},4\n`).join("");
  await folder.write("nul.csv", `a,b\n${rows}3\0,4\n${rows}`);
  const answer = await folder.value(queryData, { sql: "select count(*), count(distinct a), sum(b) from 'nul.csv'" });
  expect(answer["rows"]).toEqual([[6_001, 3_001, 24_004]]);
  const message = expect.stringContaining('line 3002 holds "3\\u0000"');
  expect(answer["notes"]).toEqual([message]);
  const streamed = await folder.value(queryData, { sql: "select a from 'nul.csv'" });
  expect(streamed["notes"]).toEqual([message]);
  const { problems } = await folder.value(profileData, { source: "nul.csv" });
  expect(problems).toEqual([{ line: 3_002, code: "not_of_type", message }]);
});

test("lines are counted alike by all where some above the table end in two characters", async () => {
  await folder.write("title.csv", "# a\r\n\r\n# b\r\na,b\r\n1,2\r\n");
  expect(await folder.value(readRows, { source: "title.csv" })).toMatchObject({
    columns: ["a", "b"],
    rows: [["1", "2"]],
  });
});

test("columns that are not named as the header has them are told", async () => {
  await folder.write("renamed.csv", "id,id,,__proto__,constructor,ID\n1,2,3,4,5,6\n");
  const told = `line 1 of 'renamed.csv' has names of columns that come twice or are missing; read as "id" -> "id_1", (none) -> "column2", "ID" -> "ID_2"`;
  expect(await folder.value(queryData, { sql: "select * from 'renamed.csv'" })).toMatchObject({ notes: [told] });
  expect(await folder.value(profileData, { source: "renamed.csv" })).toMatchObject({
    problems: [{ line: 1, code: "renamed", message: told }],
  });
});

test("a column that is text because of a cell far down is told, with how to read it", async () => {
  const lines = Array.from({ length: 200_000 }, (_, id) => `${id}\n`);
  await folder.write("late.csv", `v\n${lines.join("")}n/a\n`);
  const told = `column "v" of 'late.csv' is read as text: far down it holds "n/a", and BIGINT before; try_cast("v" as BIGINT) makes null of what is none`;
  const answer = await folder.value(queryData, { sql: "select count(*) from 'late.csv'" });
  expect(answer).toMatchObject({ rows: [[200_001]], notes: [told] });
});

test("text after a closing quote is not called a quote that is never closed", async () => {
  await folder.write("goes-on.csv", 'a,b\n1,x\n2,"x"y\n');
  const answer = await folder.value(queryData, { sql: "select * from 'goes-on.csv'" });
  expect(answer["rows"]).toEqual([
    [1, "x"],
    [2, '"x"y'],
  ]);
  expect(answer["notes"]).toEqual([expect.stringMatching(/^line 3 .* has text after the quote that closes a cell/)]);
});
