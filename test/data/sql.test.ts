import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ToolError } from "../../src/errors.ts";
import { openSqlEngine, type SqlAnswer, type SqlRequest } from "../../src/data/sql.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

async function query(sql: string, more: Partial<SqlRequest> = {}): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, origin: {}, ...more }, { signal: new AbortController().signal });
}

async function failure(sql: string): Promise<{ code: string; message: string }> {
  const thrown: unknown = await query(sql).catch((error: unknown) => error);
  if (!(thrown instanceof ToolError)) throw new Error(`"${sql}" did not fail as it should`, { cause: thrown });
  return { code: thrown.code, message: thrown.message };
}

test("a quoted path is a table, with types found in the file", async () => {
  await folder.write("sales.csv", "sku,day,price,ok\n1,2026-01-02,1.5,true\n2,2026-01-03,,false\n");
  const answer = await query("from 'sales.csv'");
  expect(answer.columns.map(({ type }) => type)).toEqual(["BIGINT", "DATE", "DOUBLE", "BOOLEAN"]);
  expect(answer.rows).toEqual([
    [1, "2026-01-02", 1.5, true],
    [2, "2026-01-03", null, false],
  ]);
});

test.each([
  ["gzip", "t.csv.gz", gzipSync("a,b\n1,x\n")],
  ["zstd", "t.csv.zst", zstdCompressSync("a,b\n1,x\n")],
  ["a byte order mark", "t.csv", "\uFEFFa,b\n1,x\n"],
  ["UTF-16", "t.csv", Buffer.from("\uFEFFa,b\n1,x\n", "utf16le")],
  ["semicolons", "t.csv", "a;b\n1;x\n"],
  ["tabs", "t.tsv", "a\tb\n1\tx\n"],
  ["CRLF", "t.csv", "a,b\r\n1,x\r\n"],
  ["JSON", "t.json", '[{"a":1,"b":"x"}]'],
  ["JSON lines", "t.jsonl", '{"a":1,"b":"x"}\n'],
  ["no final line end", "t.csv", "a,b\n1,x"],
  ["no extension", "t", "a,b\n1,x\n"],
  ["blank lines around", "t.csv", "\n \na,b\n1,x\n\n"],
  ["carriage returns alone", "t.csv", "a,b\r1,x\r"],
])("reads %s", async (_, name, content) => {
  await folder.write(name, content);
  expect(await query(`select a, b from '${name}'`)).toMatchObject({ rows: [[1, "x"]] });
});

test("reads quoted line ends, Unicode, odd names and a file without a header", async () => {
  await folder.write("u.csv", 'id,"grüße, 世界",it\'s "x"\n1,"a\nb",🎈\n');
  await folder.write("bare.csv", "1,2\n3,4\n");
  const answer = await query("from 'u.csv'");
  expect(answer.columns.map(({ name }) => name)).toEqual(["id", "grüße, 世界", 'it\'s "x"']);
  expect(answer.rows).toEqual([[1, "a\nb", "🎈"]]);
  expect(await query("select column0 + column1 as s from 'bare.csv'")).toMatchObject({ rows: [[3], [7]] });
});

test("keeps every digit and every leading zero", async () => {
  const filler = Array.from({ length: 60_000 }, (_, index) => `${index + 1},${index + 10_000},1.5,7`);
  await folder.write(
    "digits.csv",
    ["id,zip,mixed,huge", ...filler, "9007199254740993,00501,9007199254740993,123456789012345678901234567890", ""].join(
      "\n",
    ),
  );
  const answer = await query("select * from 'digits.csv' where id > 9000000000000000");
  expect(answer.columns.map(({ type }) => type)).toEqual(["BIGINT", "VARCHAR", "VARCHAR", "HUGEINT"]);
  expect(answer.rows).toEqual([["9007199254740993", "00501", "9007199254740993", "123456789012345678901234567890"]]);
});

test("cells are JSON that loses nothing", async () => {
  const values = {
    "9007199254740993::bigint": "9007199254740993",
    "5::bigint": 5,
    "1.10::decimal(9,2)": "1.10",
    "'nan'::double": "NaN",
    "'-inf'::double": "-Infinity",
    "0.1::float": 0.1,
    "date '2026-02-01'": "2026-02-01",
    "timestamp '2026-02-01 10:00:00.5'": "2026-02-01T10:00:00.5",
    "timestamptz '2026-02-01 10:00:00+02'": "2026-02-01T08:00:00Z",
    "[1, null]": [1, null],
    "{'a': 1, 'b': [2]}": { a: 1, b: [2] },
    "'{\"a\":[1]}'::json": { a: [1] },
    null: null,
  };
  const answer = await query(`select ${Object.keys(values).join()} limit 1`);
  expect(answer.rows[0]).toEqual(Object.values(values));
});

test("a glob of many files is of one format to the last", async () => {
  const names = Array.from({ length: 130 }, (_, index) => `many/${String(index).padStart(3, "0")}`);
  await Promise.all(names.map((name) => folder.write(`${name}.csv`, "a\n1\n")));
  await folder.write("many/zzz.json", '[{"a": 2}]');
  await expect(query("select count(*) from 'many/*'")).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("mixes formats: many/000.csv is csv and many/zzz.json is json") as string,
  });
});

test("a glob is one table, by the columns' names where their order differs", async () => {
  await folder.write("m/1.csv", "a,b\n1,x\n");
  await folder.write("m/2.csv", "a,b\n2.5,y\n");
  expect(await query("select sum(a), count(*) from 'm/*.csv'")).toMatchObject({ rows: [[3.5, 2]] });
  await folder.write("m/3.csv", "b,a\nz,3\n");
  expect(await query("select a, b from 'm/*.csv' order by a")).toMatchObject({
    rows: [
      [1, "x"],
      [2.5, "y"],
      [3, "z"],
    ],
  });
});

test("joins a dataset of JSON lines with a CSV, and keeps a Parquet copy of it", async () => {
  const columns = [
    { name: "sku", type: "VARCHAR" },
    { name: "links", type: "STRUCT(text VARCHAR, url VARCHAR)[]" },
    { name: "at", type: "TIMESTAMP WITH TIME ZONE" },
  ];
  const writer = await folder.datasets.create(columns, "suppliers");
  await writer.write(["007", [{ text: "x", url: "u" }], "2026-01-01T00:00:00Z"]);
  const made = await writer.finish({ tool: "test" });
  await folder.write("sales.csv", "sku,qty\n007,3\n007,4\n8,1\n");
  const sql =
    "select sku, sum(qty), any_value(links[1].url), any_value(\"at\") from 'sales.csv' join suppliers using (sku) group by sku";
  const expected = [["007", 7, "u", "2026-01-01T00:00:00Z"]];
  expect((await query(sql)).rows).toEqual(expected);
  expect(await folder.datasets.find(made.id)).toMatchObject({ format: "parquet", name: "suppliers" });
  expect((await stat(made.path)).isFile()).toBe(true);
  expect((await query(sql.replace("suppliers", made.id))).rows).toEqual(expected);
});

test("save_as keeps the whole result, which is then a table", async () => {
  const saved = await query("select range as n, (range * 2)::hugeint as twice from range(100)", {
    saveAs: "Evens",
    limit: 3,
  });
  expect(saved).toMatchObject({
    rowCount: 100,
    rows: [
      [0, 0],
      [1, 2],
      [2, 4],
    ],
  });
  expect(saved.dataset).toMatchObject({ name: "Evens", format: "parquet", rowCount: 100 });
  expect(await query("select count(*), max(twice) from evens")).toMatchObject({ rows: [[100, "198"]] });
});

test("a dataset's sidecar says what it was made of", async () => {
  await folder.write("t.csv", "a\n1\n");
  const { dataset } = await query("from 't.csv'", { saveAs: "kept", origin: { tool: "test" } });
  expect(dataset?.origin).toMatchObject({ tool: "test", sources: [{ name: "t.csv", files: [{ size_bytes: 4 }] }] });
});

test("a small result leaves no file", async () => {
  const fresh = await openDataFolder();
  try {
    await fresh.write("t.csv", "a\n1\n");
    const ask = (sql: string) =>
      fresh.sql.query({ sql, limit: 5, origin: {} }, { signal: new AbortController().signal });
    await ask("select count(*) from 't.csv'");
    expect(await readdir(fresh.root)).toEqual(["t.csv"]);
    await ask("select a, count(*) from 't.csv' group by a");
    expect(await readdir(join(fresh.workspace, "tmp"))).toEqual([]);
  } finally {
    await fresh.close();
  }
});

test("a result that is kept only when it says too little is asked about once", async () => {
  const kept = await query("select range from range(100)", {
    limit: 5,
    keep: ({ rows, rowCount }) => rowCount > rows.length,
  });
  expect(kept.dataset).toMatchObject({ rowCount: 100 });
  const dropped = await query("select unnest(range(3))", {
    limit: 5,
    keep: ({ rows, rowCount }) => rowCount > rows.length,
  });
  expect(dropped.dataset).toBeUndefined();
});

test("columns of one name are told apart", async () => {
  const answer = await query("select 1 as a, 2 as A, 3 as a from range(2)", { saveAs: "twins" });
  expect(answer.columns.map(({ name }) => name)).toEqual(["a", "A_1", "a_2"]);
});

test("order by survives the way through a file", async () => {
  const { rows } = await query("select range from range(100000) order by range desc", { limit: 2 });
  expect(rows).toEqual([[99_999], [99_998]]);
});

test.each([
  ["a table without a name", "select * from ''", "invalid_input", "a source is a path"],
  ["a NUL character", "select 1\u0000", "invalid_input", "NUL"],
])("%s is named", async (_, sql, code, part) => {
  await folder.write("t.csv", "sku\nx\n");
  const failed = await failure(sql);
  expect(failed.code).toBe(code);
  expect(failed.message).toContain(part);
});

test.each([
  ["an empty file", "bad.csv", "", "empty"],
  ["blanks", "bad.csv", " \n\n", "blanks"],
  ["a binary file", "bad.csv", Buffer.from([1, 0, 2, 0, 0, 3, 255, 0, 0, 7]), "binary"],
  ["a spreadsheet", "bad.xlsx", Buffer.from("PK\u0003\u0004rest"), "no whole zip archive"],
  ["damaged gzip", "bad.csv.gz", gzipSync("a,b\n".repeat(50_000)).subarray(0, 100), "damaged"],
  ["bad JSON", "bad.jsonl", '{"a":1}\n{"a":\n', "line"],
  ["a cut list of JSON", "bad.json", '[{"a":1},{"a":2}', "ends before"],
  ["what is no Parquet", "bad.parquet", "a,b\n", "Parquet"],
  ["plain text named like gzip", "bad.csv.gz", "a,b\n1,2\n", "drop the ending"],
])("%s is unreadable, and the message says where and what to do", async (_, name, content, part) => {
  await folder.write(name, content);
  const failed = await failure(`select * from '${name}'`);
  expect(failed).toMatchObject({ code: "unreadable" });
  expect(failed.message).toContain(part);
});

test("a column that turns out to hold text is read as text, and that is told", async () => {
  const lines = Array.from({ length: 400_000 }, (_, id) => `${id},${id === 212_000 ? "n/a" : id}\n`);
  await folder.write("late.csv", `id,v\n${lines.join("")}`);
  const answer = await query("select v from 'late.csv' where id = 212000");
  expect(answer.rows).toEqual([["n/a"]]);
  expect(answer.problems).toMatchObject([{ line: 212_002, code: "not_of_type" }]);
  expect(await failure("select sum(v) from 'late.csv'")).toMatchObject({ code: "unreadable" });
  expect(await query("select sum(try_cast(v as bigint)) > 0 from 'late.csv'")).toMatchObject({ rows: [[true]] });
});

test("JSON whose types change late is read", async () => {
  await folder.write("late.jsonl", `${'{"a":1}\n'.repeat(30_000)}{"a":"x"}\n`);
  expect(await query("select count(*) from 'late.jsonl' where a = 'x'")).toMatchObject({ rows: [[1]] });
});

test.each([
  ["last", "long.csv", `a,b\n${"3,4\n".repeat(1_000)}1,${"x".repeat(40_000_000)}\n`],
  ["in the middle", "long.csv", `a,b\n3,4\n1,${"x".repeat(40_000_000)}\n3,4\n`],
  ["in quotes, over many lines", "long.csv", `a,b\n3,4\n1,"${`${"x".repeat(99)}\n`.repeat(400_000)}"\n3,4\n`],
  ["compressed", "long.csv.gz", gzipSync(`a,b\n1,${"x".repeat(40_000_000)}\n`, { level: 1 })],
  ["short of that", "long.csv", `a,b\n1,${"x".repeat(3_000_000)}\n`],
])("a row longer than DuckDB's buffers is refused and never left out: %s", async (_, name, content) => {
  await folder.write(name, content);
  const { code, message } = await failure(`select count(*) from '${name}'`);
  expect(code).toBe("too_large");
  expect(message).toMatch(/^line \d+ of 'long\.csv.* is longer than 2 MB; /);
});

test("a large file of tiny rows is read", async () => {
  await folder.write("tiny.csv", `a,b\n${"3,4\n".repeat(3_000_000)}`);
  expect(await query("select count(*) from 'tiny.csv'")).toMatchObject({ rows: [[3_000_000]] });
});

test("a workspace that cannot be written keeps nothing, but questions are answered", async () => {
  await folder.write("many.csv", `n\n${"7\n".repeat(100)}`);
  await folder.write("blocked/tmp", "no folder");
  const { files, datasets } = folder;
  const sql = openSqlEngine({ files, datasets, workspace: join(folder.root, "blocked"), environment: {} });
  const ask = async (more: Partial<SqlRequest>) => {
    const request = { sql: "from 'many.csv'", limit: 10, origin: {}, ...more };
    return await sql.query(request, { signal: new AbortController().signal });
  };
  try {
    const whole = await ask({ limit: 100, keep: ({ rows, rowCount }) => rows.length < rowCount });
    expect(whole).toMatchObject({ rowCount: 100, dataset: undefined, notKept: undefined });
    const cut = await ask({ keep: ({ rows, rowCount }) => rows.length < rowCount });
    expect(cut).toMatchObject({ rowCount: 100, notKept: expect.stringContaining("--workspace DIR") as string });
    expect(cut.rows).toHaveLength(10);
    await expect(ask({ saveAs: "kept" })).rejects.toMatchObject({ code: "unavailable" });
  } finally {
    await sql.close();
  }
});
