import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import Papa from "papaparse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import { exportData } from "../../src/tools/export-data.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";
import { readXlsx } from "../support/read-xlsx.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

const at = (path: string) => join(folder.workspace, path);
const text = (path: string) => readFile(at(path), "utf8");

/** Keep what a statement gives as a dataset, and write that to a file. */
async function exported(sql: string, path: string, more: Record<string, JsonValue> = {}): Promise<void> {
  const { dataset } = await folder.value(queryData, { sql, save_as: "made" });
  await folder.value(exportData, { source: String(dataset), path, ...more });
}

/** A dataset of two columns of text. */
async function textDataset(rows: readonly (readonly JsonValue[])[]): Promise<string> {
  const writer = await folder.datasets.create([
    { name: "a", type: "VARCHAR" },
    { name: "b", type: "VARCHAR" },
  ]);
  for (const row of rows) await writer.write(row);
  return (await writer.finish({})).id;
}

/** What makes trouble in delimited text. */
const cell = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: fc.constantFrom(...Array.from("abü😀,;|\t\"'\n\r #\\=0")) }) },
  { weight: 1, arbitrary: fc.constantFrom("", "\r\n", '"', '""', " x ", "NULL", "null", "x\r", "#x", "\\N") },
);
const rowsOf = (value: fc.Arbitrary<string | null>) =>
  fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 120 });

const exact = {
  integers: "select 9007199254740993 as big, 5 as small, 12345678901234567890123456789::hugeint as huge",
  decimals: "select 12.50::decimal(10,2) as money, 12345678901234567.89::decimal(38,2) as much, 0.1::float as f",
  odd: "select 'nan'::double as n, '-inf'::double as inf, null::double as none",
  times:
    "select date '2026-02-28' as d, timestamp '2026-02-28 13:14:15.5' as ts, timestamptz '2026-02-28 13:14:15+01' as tz, time '01:02:03' as t",
  nested:
    "select [9007199254740993, 1] as l, {'a': 12.50::decimal(4,2), 'b': ['nan'::double]} as s, map {'k': timestamp '2026-01-01'} as m, null::int[] as none",
};

describe("CSV", () => {
  test("is RFC 4180, and tells an empty text from none", async () => {
    await exported(
      `select * from (values (1, ''), (2, null), (3, 'a"b'), (4, 'c,d'), (5, E'e\\nf'), (6, E'g\\rh'), (7, ' i ')) as t("x,""y""", "text")`,
      "rfc.csv",
    );
    expect(await text("rfc.csv")).toBe(
      '"x,""y""",text\r\n1,""\r\n2,\r\n3,"a""b"\r\n4,"c,d"\r\n5,"e\nf"\r\n6,"g\rh"\r\n7, i \r\n',
    );
  });

  test("keeps every digit, and nests as JSON", async () => {
    await exported(`from (${exact.integers}), (${exact.decimals}), (${exact.nested})`, "exact.csv");
    expect((await text("exact.csv")).split("\r\n")[1]).toBe(
      '9007199254740993,5,12345678901234567890123456789,12.50,12345678901234567.89,0.1,"[""9007199254740993"",1]","{""a"":""12.50"",""b"":[""NaN""]}","{""k"":""2026-01-01T00:00:00""}",',
    );
  });

  test("of text comes back as it was, from another reader and from here", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(fc.option(cell)), async (rows) => {
        const plain = rows.map((row) => row.map((value) => value ?? ""));
        await folder.value(exportData, { source: await textDataset(rows), path: "any.csv" });
        const parsed = Papa.parse(await text("any.csv"), { delimiter: ",", newline: "\r\n" });
        expect(parsed.data).toEqual([["a", "b"], ...plain, [""]]);
        const { rows: read } = await folder.value(readRows, { source: "any.csv", limit: 1_000 });
        expect((read as JsonValue[][]).map((row) => row.map((value) => value ?? ""))).toEqual(plain);
        const sql = "select coalesce(a::varchar, ''), coalesce(b::varchar, '') from 'any.csv'";
        expect(await folder.value(queryData, { sql, limit: 1_000 })).toMatchObject({ rows: plain });
      }),
      { numRuns: 8 },
    );
  });

  test("holds no formula where that is wanted", async () => {
    const sql = `select '=1+1' as "=h", '+1' as plus, '-1' as minus, '@x' as at, chr(9) || 'x' as tab, -5 as number, 'a=b' as inner_, null::varchar as none`;
    await exported(sql, "plain.csv");
    expect((await text("plain.csv")).split("\r\n")[1]).toBe("=1+1,+1,-1,@x,\tx,-5,a=b,");
    await exported(sql, "safe.csv", { escape_formulas: true });
    expect(await text("safe.csv")).toBe(
      "'=h,plus,minus,at,tab,number,inner_,none\r\n'=1+1,'+1,'-1,'@x,'\tx,-5,a=b,\r\n",
    );
  });
});

describe("JSON", () => {
  test.each([
    [exact.integers, '{"big":"9007199254740993","small":5,"huge":"12345678901234567890123456789"}'],
    [exact.decimals, '{"money":"12.50","much":"12345678901234567.89","f":0.1}'],
    [exact.odd, '{"n":"NaN","inf":"-Infinity","none":null}'],
    [exact.times, '{"d":"2026-02-28","ts":"2026-02-28T13:14:15.5","tz":"2026-02-28T12:14:15Z","t":"01:02:03"}'],
    [
      exact.nested,
      '{"l":["9007199254740993",1],"s":{"a":"12.50","b":["NaN"]},"m":{"k":"2026-01-01T00:00:00"},"none":null}',
    ],
    [
      `select '{"a":[1,2.5]}'::json as j, '{"id":9007199254740993}'::json as k`,
      '{"j":{"a":[1,2.5]},"k":"{\\"id\\":9007199254740993}"}',
    ],
  ])("of %s loses nothing", async (sql, line) => {
    await exported(sql, "one.jsonl");
    expect(await text("one.jsonl")).toBe(`${line}\n`);
    await exported(sql, "one.json");
    expect(JSON.parse(await text("one.json"))).toEqual([JSON.parse(line)]);
  });

  test("of any text is read by any reader as it was", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(fc.option(fc.string({ unit: "binary" }))), async (rows) => {
        await folder.value(exportData, { source: await textDataset(rows), path: "any.json" });
        expect(JSON.parse(await text("any.json"))).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
      { numRuns: 5 },
    );
  });
});

test("Parquet keeps every digit of integers that it has no type for", async () => {
  await exported("select 12345678901234567890123456789::hugeint as huge, interval 3 days as i", "huge.parquet");
  expect(await folder.value(queryData, { sql: "from 'huge.parquet'" })).toMatchObject({
    rows: [["12345678901234567890123456789", "3 days"]],
  });
});

describe("XLSX", () => {
  const sheetOf = async (sql: string, path = "sheet.xlsx") => {
    await exported(sql, path);
    return await readXlsx(at(path));
  };
  const row = (cells: Awaited<ReturnType<typeof sheetOf>>["cells"], number: number) =>
    Object.entries(cells)
      .filter(([place]) => place.replace(/^[A-Z]+/, "") === String(number))
      .map(([, { type, text: shown }]) => `${type}:${shown}`);

  test("shows numbers with all their digits, and dates as dates", async () => {
    const { cells } = await sheetOf(`from (${exact.integers}), (${exact.decimals}), (${exact.odd}), (${exact.times})`);
    expect(row(cells, 1).slice(0, 3)).toEqual(["s:big", "s:small", "s:huge"]);
    expect(row(cells, 2)).toEqual([
      "s:9007199254740993",
      "n:5",
      "s:12345678901234567890123456789",
      "n:12.50",
      "s:12345678901234567.89",
      "n:0.1",
      "s:NaN",
      "s:-Infinity",
      "n:46081",
      `n:${(46081 * 86_400 + 13 * 3600 + 14 * 60 + 15.5) / 86_400}`,
      `n:${(46081 * 86_400 + 12 * 3600 + 14 * 60 + 15) / 86_400}`,
      `n:${(3600 + 2 * 60 + 3) / 86_400}`,
    ]);
    expect(["J2", "K2", "L2", "M2"].map((place) => cells[place]?.style)).toEqual([2, 4, 5, 7]);
  });

  test("keeps dates that spreadsheets do not know, and what no cell holds, as text", async () => {
    const { cells } = await sheetOf(
      `select date '1900-02-28' as early, timestamp '0044-03-15 10:00:00' as old, timestamp_ns '2026-01-01 00:00:00.000000001' as fine, time '24:00:00' as midnight, [1, 9007199254740993] as l, '\\x01'::blob as b, true as yes`,
    );
    expect(row(cells, 2)).toEqual([
      "s:1900-02-28",
      "s:0044-03-15T10:00:00",
      "s:2026-01-01T00:00:00.000000001",
      "s:24:00:00",
      's:[1,"9007199254740993"]',
      "s:\\x01",
      "b:1",
    ]);
  });

  test("has a header that stays in sight, a filter, widths and the name of the file", async () => {
    const { name, xml, cells } = await sheetOf("select 1 as id, 'some longer text' as words", "my [sales].xlsx");
    expect(name).toBe("my  sales");
    expect(xml).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
    expect(xml).toContain('<autoFilter ref="A1:B2"/>');
    expect(xml).toContain('<col min="2" max="2" width="17" customWidth="1"/>');
    expect(cells["A1"]?.style).toBe(1);
  });

  test("holds text only as text, whatever it looks like", async () => {
    const { xml, cells } = await sheetOf(
      `select '=HYPERLINK("http://x")' as a, '007' as b, '1e5' as c, '_x0041_' as d`,
    );
    expect(xml).not.toContain("<f>");
    expect(row(cells, 2)).toEqual(['s:=HYPERLINK("http://x")', "s:007", "s:1e5", "s:_x0041_"]);
    expect(cells["A2"]?.style).toBe(9);
  });

  test("of any text comes back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(fc.oneof(cell, fc.string({ unit: "binary" }))), async (rows) => {
        await folder.value(exportData, { source: await textDataset(rows), path: "any.xlsx" });
        const { cells } = await readXlsx(at("any.xlsx"));
        const read = rows.map((_, index) => [cells[`A${index + 2}`]?.text, cells[`B${index + 2}`]?.text]);
        expect(read).toEqual(rows);
      }),
      { numRuns: 5 },
    );
  });

  test("of no rows has its header", async () => {
    const { cells } = await sheetOf("select 1 as id where false");
    expect(Object.keys(cells)).toEqual(["A1"]);
  });

  test.each([
    [
      "rows",
      "select range as id from range(1048576)",
      /at most 1048575 rows, and there are more; write csv or parquet/,
    ],
    [
      "characters",
      "select repeat('x', 32768) as long from range(2)",
      /column 'long', row 2: .*32767 characters.* 32768/,
    ],
  ])("of too many %s is refused, and nothing is left", async (_what, sql, message) => {
    const { dataset } = await folder.value(queryData, { sql, save_as: "made" });
    const result = await folder.call(exportData, { source: String(dataset), path: "refused/x.xlsx" });
    expect(result).toMatchObject({ ok: false, code: "too_large", message: expect.stringMatching(message) as string });
    expect(await readdir(at("refused"))).toEqual([]);
  });
});
