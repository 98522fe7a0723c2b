import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBytes } from "../../src/data/text/byte-stream.ts";
import { checkColumns } from "../../src/data/dataset-names.ts";
import { columnNames } from "../../src/data/text/header.ts";
import { nearest } from "../../src/text/nearest.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";
import { sqlProcesses } from "../support/sql-processes.ts";
import { workbookFile } from "../support/workbook-file.ts";
import { zipFile } from "../support/zip-file.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

const megabytes = (text: string, count: number) => text.repeat((count * 1024 ** 2) / text.length);

test.each([
  ["a comment without end", `<!--${megabytes("x", 9)}-->`, "too_large", /a tag of more than 4 MB/],
  ["an attribute without end", `<row r="${megabytes("1", 9)}"/>`, "too_large", /a tag of more than 4 MB/],
  [
    "a cell of megabytes",
    `<row><c t="inlineStr"><is><t>${megabytes("x", 5)}</t></is></c></row>`,
    "too_large",
    /a cell of more than 4 MB/,
  ],
  [
    "a row of the same cell",
    `<row>${'<c r="A1"><v>1</v></c>'.repeat(20_000)}</row>`,
    "unreadable",
    /two values in one/,
  ],
])("a workbook with %s is refused", async (_what, rows, code, message) => {
  await folder.write("hostile.xlsx", workbookFile({ sheets: { one: rows } }));
  const result = await folder.call(readRows, { source: "hostile.xlsx" });
  expect(result).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
});

test("a workbook that would fill the disk out of next to nothing is refused", async () => {
  const shared = megabytes("x", 3);
  const rows = '<row><c t="s"><v>0</v></c></row>'.repeat(400);
  await folder.write("bomb.xlsx", workbookFile({ sheets: { one: rows }, sharedTexts: [`<t>${shared}</t>`] }));
  const message = expect.stringMatching(/takes more than 1 GB out of next to nothing; .* save the sheet as CSV/);
  expect(await folder.call(readRows, { source: "bomb.xlsx" })).toMatchObject({ ok: false, code: "too_large", message });
  expect(await readdir(join(folder.workspace, "tmp"))).toEqual([]);
});

test("a workbook of cells far from each other is a table of few columns", async () => {
  const rows = Array.from(
    { length: 50_000 },
    (_, index) => `<row><c r="${index % 2 === 0 ? "A" : "XFD"}1"><v>1</v></c></row>`,
  );
  await folder.write("far.xlsx", workbookFile({ sheets: { one: rows.join("") } }));
  const page = await folder.value(readRows, { source: "far.xlsx", offset: 49_998 });
  expect(page).toMatchObject({
    rows: [
      ["1", null],
      [null, "1"],
    ],
    row_count: 50_000,
  });
});

test("a workbook is read in a process of its own, page by page", async () => {
  const rows = ["a", "1", "2", "3"].map((cell) => `<row><c t="str"><v>${cell}</v></c></row>`).join("");
  await folder.write("pages.xlsx", workbookFile({ sheets: { one: rows } }));
  const page = (offset: number, limit: number) => folder.value(readRows, { source: "pages.xlsx", offset, limit });
  const first = await page(0, 2);
  expect(first["rows"]).toEqual([["1"], ["2"]]);
  expect(first).not.toHaveProperty("row_count");
  expect(await page(1, 2)).toMatchObject({ rows: [["2"], ["3"]], row_count: 3 });
  expect(await sqlProcesses()).not.toEqual([]);
});

test("an archive of countless folders is refused", async () => {
  const folders = Array.from({ length: 10_001 }, (_, index) => ({ name: `d${index}/`, content: "" }));
  await folder.write("folders.zip", zipFile(folders));
  const result = await folder.call(readRows, { source: "folders.zip" });
  expect(result).toMatchObject({ ok: false, code: "too_large" });
});

test("reading ends on an abort although no row comes, and lets others go on meanwhile", async () => {
  const path = await folder.write("blank.csv.gz", gzipSync(megabytes("\n", 8)));
  const handle = await open(path);
  const stop = new AbortController();
  let turns = 0;
  let chunks = 0;
  const others = (async () => {
    for (; !stop.signal.aborted; turns += 1) await setImmediate();
  })();
  const reading = (async () => {
    for await (const _ of readBytes(handle, { compression: "gzip", shown: "blank", signal: stop.signal })) {
      chunks += 1;
      if (chunks === 50) stop.abort(new Error("stopped"));
    }
  })();
  await expect(reading).rejects.toThrow("stopped");
  await others;
  await handle.close();
  expect(chunks).toBe(50);
  expect(turns).toBeGreaterThanOrEqual(49);
});

test("a hundred thousand columns of one name are told apart, and none is found near", () => {
  const names = columnNames(
    Array.from({ length: 100_000 }, () => "a"),
    true,
  );
  expect(new Set(names).size).toBe(100_000);
  expect(columnNames(["a", "A", "a_1", "a"], true)).toEqual(["a", "A_1", "a_1_1", "a_2"]);
  checkColumns(names.map((name) => ({ name, type: "VARCHAR" })));
  const long = names.map((name) => name.padEnd(64, "x"));
  expect(nearest("y".repeat(64), long)).toEqual([]);
});

test("columns that no answer holds are asked for by name", async () => {
  const count = 30_000;
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  await folder.write("wide.csv", `${names.join()}\n${names.map(() => "1").join()}\n`);
  const keys = (line: number) => `{${names.map((name) => `"${name}_${line}":1`).join()}}\n`;
  await folder.write("wide.jsonl", keys(0) + keys(1));
  for (const source of ["wide.csv", "wide.jsonl"]) {
    const message = expect.stringMatching(/000 columns, too many for one answer; name those you need in columns: c0/);
    expect(await folder.call(readRows, { source })).toMatchObject({ ok: false, code: "too_large", message });
  }
  expect(await folder.value(readRows, { source: "wide.csv", columns: ["c29999"] })).toMatchObject({ rows: [["1"]] });
  expect(await folder.value(readRows, { source: "wide.jsonl", columns: ["c29999_1"] })).toMatchObject({
    rows: [[null], [1]],
  });
});
