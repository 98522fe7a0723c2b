import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ToolError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/message.ts";
import { exportData } from "../../src/tools/export-data.ts";
import { profileData } from "../../src/tools/profile-data.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(() => folder.close());

const lines = (...rows: string[]) => `${rows.join("\n")}\n`;

const digits = "12345678901234567890.123";
const long = "123456789012345678901234567890";

const late = (row: string) => [
  ...Array.from({ length: 40_000 }, (_, id) => `{"id":${id},"v":${id % 7},"t":"2024-01-01"}`),
  row,
];

const forms: [form: string, extension: string, pack: (rows: string[]) => string | Uint8Array][] = [
  ["JSON lines", "jsonl", (rows) => lines(...rows)],
  ["gzip", "jsonl.gz", (rows) => gzipSync(lines(...rows))],
  ["zstd", "jsonl.zst", (rows) => zstdCompressSync(lines(...rows))],
  ["a list", "json", (rows) => `[${rows.join(",\n")}]`],
];

const surprises: [what: string, row: string, sql: string, cell: JsonValue][] = [
  ["fraction", '{"id":-1,"v":1.5}', "select v", 1.5],
  ["text", '{"id":-1,"v":"7"}', "select typeof(v) || v", "VARCHAR7"],
  ["truth value", '{"id":-1,"v":true}', "select v", "true"],
  ["long fraction", `{"id":-1,"v":${digits}}`, "select v", digits],
  ["long integer", `{"id":-1,"v":${long}}`, "select v", long],
  ["key", '{"id":-1,"late":"x"}', "select late", "x"],
  ["text that is no day", '{"id":-1,"t":"soon"}', "select t", "soon"],
  ["object", '{"id":-1,"v":{"a":1}}', "select v.a", 1],
];

const lateCases = forms.flatMap(([form, extension, pack]) =>
  surprises.map(([what, row, sql, cell]) => ({ what, form, extension, content: () => pack(late(row)), sql, cell })),
);

test.each(lateCases)("a late $what in $form stays what it is", async ({ what, extension, content, sql, cell }) => {
  const file = `late-${what.replaceAll(" ", "-")}.${extension}`;
  await folder.write(file, content());
  expect(await query(`${sql} from '${file}' where id::bigint = -1`)).toMatchObject({ rows: [[cell]] });
});

test("a late key is a column to every tool", async () => {
  await folder.write("late.jsonl", lines(...late('{"id":-1,"late":2.5}')));
  const profile = await folder.value(profileData, { source: "late.jsonl" });
  expect(profile).toMatchObject({ row_count: 40_001 });
  expect(JSON.stringify(profile["columns"])).toContain('"name":"late","type":"DOUBLE"');
  expect(await folder.value(queryData, { sql: "select sum(late) from 'late.jsonl'" })).toMatchObject({ rows: [[2.5]] });
  await folder.value(exportData, { source: "late.jsonl", path: "late.csv" });
  expect(await query("select count(late) from 'late.csv'")).toMatchObject({ rows: [[1]] });
  expect(await folder.value(readRows, { source: "late.jsonl", columns: ["late"], offset: 40_000 })).toMatchObject({
    rows: [[2.5]],
  });
});

test("pages keep the digits of numbers", async () => {
  const row = `{"a":${digits},"b":[0.1234567890123456789,0.5],"c":1e400,"d":9007199254740993,"e":0.30000000000000004}`;
  await folder.write("page.jsonl", lines(row));
  expect(await folder.value(readRows, { source: "page.jsonl" })).toMatchObject({
    rows: [[digits, ["0.1234567890123456789", 0.5], "1e400", "9007199254740993", 0.30000000000000004]],
  });
});

test("files of a glob have their columns together", async () => {
  await folder.write("many/1.jsonl", lines('{"a":1}'));
  await folder.write("many/2.jsonl", lines('{"a":1.5,"b":"x"}', `{"a":${digits}}`));
  expect(await query("select * from 'many/*.jsonl' order by a")).toMatchObject({
    columns: [
      { name: "a", type: "VARCHAR" },
      { name: "b", type: "VARCHAR" },
    ],
    rows: [
      ["1", null],
      ["1.5", "x"],
      [digits, null],
    ],
    problems: [{ message: expect.stringContaining("line 2 of 'many/2.jsonl'") as string }],
  });
});

const broken: [what: string, file: string, content: string | Uint8Array, message: string][] = [
  ["a line", "line.jsonl", '{"a":1}\n{"a":2}\n{"a":}\n{"a":4}\n', "line 3 of 'line.jsonl' is not JSON"],
  ["a line after blank ones", "blank.jsonl", '\n{"a":1}\n\n  \n{"a":2}\n{"a"\n{"a":4}\n', "line 6 of"],
  ["a packed line", "line.jsonl.gz", gzipSync('{"a":1}\n\n{"a":2}\n{a:3}\n'), "line 4 of 'line.jsonl.gz'"],
  ["a late line", "far.jsonl", `${'{"a":1}\n'.repeat(30_000)}oops\n`, "line 30001 of"],
  ["an element", "list-line.json", '[\n{"a":1},\n{"a":2,\n"b":x}\n]', "line 4 of"],
  ["a row on two lines", "two.jsonl", '{"a":1}\n{"a":\n2}\n', "line 2 of"],
  [
    "a key that comes twice",
    "twice.jsonl",
    '{"a":1}\n{"a":1,"b":2,"a":3}\n',
    "line 2 of 'twice.jsonl' is not JSON, the key \"a\" comes twice",
  ],
  ["a number with a leading zero", "zero.jsonl", '{"a":1}\n{"a":007}\n', "line 2 of"],
  ["a cut list", "cut.json.gz", gzipSync('[{"a":1},{"a":2}'), "ends before its closing bracket"],
  ["a cut object", "cut.jsonl", '{"a":1}\n{"a":"x', "line 2 of 'cut.jsonl' is not JSON, the file ends inside a value"],
  ["something after a list", "after.json", '[{"a":1}]\n{"a":2}', "line 2 of"],
  ["deep nesting", "deep.jsonl", `{"a":1}\n{"a":${"[".repeat(100_000)}\n`, "line 2 of"],
];

test.each(broken)("%s that is broken is told by its line", async (_what, file, content, message) => {
  await folder.write(file, content);
  const failure = await query(`select count(*) from '${file}'`).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ToolError);
  expect(failure).toMatchObject({ code: "unreadable", message: expect.stringContaining(message) as string });
});

async function query(sql: string) {
  return await folder.sql.query({ sql, limit: 50, origin: {} }, { signal: new AbortController().signal });
}

test.each([
  ["records after separators", "seq.jsonl", '\u001e{"a":1,"b":2}\n\u001e{"a":3,"b":4}\n'],
  ["a page that tells of an error", "page.json", "<html><body>Error 502, try later</body></html>"],
  ["a word", "word.json", "undefined"],
  ["comments before a list", "comment.json", '// hi, there\n[{"a":1}]'],
])("%s is refused by a name that promises JSON, and no row goes", async (_, name, content) => {
  await folder.write(name, content);
  const refused = {
    ok: false,
    code: "unreadable",
    message: expect.stringMatching(/^line 1 of .* is not JSON/) as string,
  };
  expect(await folder.call(queryData, { sql: `select * from '${name}'` })).toMatchObject(refused);
});

test.each([
  ["wide.json", '[{"a":1234567890123456768},{"a":0.5}]'],
  ["wide.csv", "a\n1234567890123456768\n0.5\n"],
])("a large integer beside fractions keeps its digits in %s", async (name, content) => {
  await folder.write(name, content);
  const answer = await folder.value(queryData, { sql: `select * from '${name}'` });
  expect(answer).toMatchObject({ types: ["VARCHAR"], rows: [["1234567890123456768"], ["0.5"]] });
});

test.each([
  ["a field of objects", '[{"a":{"b":1}},{"a":{"b":"x"}}]', "a.b"],
  ["elements of lists", '[{"a":[1,2]},{"a":["x"]}]', "a[]"],
  ["values that are no rows", '[1,2,"x"]', "json"],
])("several kinds of values are told: %s", async (what, content, path) => {
  const name = `${what.replaceAll(" ", "-")}.json`;
  await folder.write(name, content);
  const { notes } = await folder.value(queryData, { sql: `select * from '${name}'` });
  expect(notes).toEqual([expect.stringContaining(`column "${path}" of '${name}' holds numbers (first on line 1`)]);
});
