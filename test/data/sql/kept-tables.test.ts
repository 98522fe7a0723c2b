import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withChanges } from "../../../src/data/sql/changed-files.ts";
import type { SqlAnswer, SqlEngine } from "../../../src/data/sql.ts";
import { ToolError } from "../../../src/errors.ts";
import { workbookFile } from "../../support/workbook-file.ts";
import { zipFile } from "../../support/zip-file.ts";
import { sqlProcesses } from "../../support/sql-processes.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { cachedIn, settledMs, temporaryIn, untilKeptIn, writeSettledIn } from "../../support/kept-copies.ts";

let folder: DataFolder;

beforeEach(async () => {
  folder = await openDataFolder({ keepAfterMs: 0 });
});

afterEach(async () => {
  await folder.close();
});

async function ask(sql: string, engine: SqlEngine = folder.sql): Promise<SqlAnswer> {
  return await engine.query({ sql, limit: 50, origin: {} }, { signal: new AbortController().signal });
}

const writeSettled = (name: string, content: string | Uint8Array) => writeSettledIn(folder, name, content);
const cached = (extension: string) => cachedIn(folder, extension);
const temporary = () => temporaryIn(folder);
const untilKept = (count?: number) => untilKeptIn(folder, count);

/** Put another table in the place of a copy: an answer from it proves that the copy was read. */
async function forge(sql: string): Promise<void> {
  const sidecars = await untilKept();
  const [sidecar = ""] = (
    await Promise.all(sidecars.map(async (path) => ((await stat(path)).isFile() ? [path] : [])))
  ).flat();
  const made = await folder.sql.query(
    { sql, limit: 1, saveAs: "forged", origin: {} },
    { signal: new AbortController().signal },
  );
  const bytes = await readFile(made.dataset?.path ?? "");
  await writeFile(sidecar.replace(/json$/, "parquet"), bytes);
  const described = JSON.parse(await readFile(sidecar, "utf8"));
  await writeFile(sidecar, JSON.stringify({ ...described, sizeBytes: bytes.length }));
}

const awkward = [
  "id,code,big,huge,price,day,at,ok,note,empty",
  '1,007,9007199254740993,170141183460469231731687303715884105,0.1,2026-01-02,2026-01-02 03:04:05,true,"a ""b""\nc",',
  "2,010,-5,1,1e3,2025-12-31,2025-12-31 00:00:00,false,ünï 🎈,",
  "3,,,,,,,,,",
].join("\n");

/** `a,b` and `1,x`. */
const bzip2 = Buffer.from("QlpoOTFBWSZTWdR78W4AAALZgAAQAAQgADAAAEAgACGmmaDAKBULC7kinChIaj34twA=", "base64");
const sheet =
  `<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>` +
  `<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="e"><v>#N/A</v></c></row>`;

test.each([
  ["a CSV of awkward values", "t.csv", awkward],
  ["rows that break the rules", "t.csv", 'a,b\n1,x\n2\n3,y,z\n4,"w\n'],
  ["a late change of type", "t.csv", `a,b\n${"1,2\n".repeat(30_000)}x,y\n`],
  ["UTF-16", "t.csv", Buffer.from("\uFEFFa;b\n1;ü\n", "utf16le")],
  ["zstd", "t.csv.zst", zstdCompressSync("a,b\n1,x\n")],
  ["JSON", "t.json", '[{"a":1,"b":{"c":[1,2.5],"d":"x"},"e":9007199254740993},{"a":null,"f":"2026-01-02"}]'],
  ["JSON lines", "t.jsonl", '{"a":1,"b":[{"c":1}]}\n{"a":18446744073709551615,"b":[]}\n'],
  ["a table of one column with blank lines", "t.csv", "a\n1\n\n3\n"],
  ["bzip2", "t.csv.bz2", bzip2],
  ["a file of a zip archive", "t.zip", zipFile([{ name: "in.csv", content: "a;b\n1;x\n" }])],
  ["a workbook", "t.xlsx", workbookFile({ sheets: { one: sheet } })],
])("the second answer says what the first said, out of the copy: %s", async (_, name, content) => {
  await writeSettled(name, content);
  const first = await ask(`from '${name}'`);
  const [sidecar = ""] = await untilKept();
  await utimes(sidecar, 0, 0);
  const second = await ask(`from '${name}'`);
  expect(second).toEqual(first);
  expect((await stat(sidecar)).mtimeMs, "the use of the copy is noted").toBeGreaterThan(0);
  expect(await cached(".asked")).toEqual([]);
});

test("a kept copy is read in place of its file, also under another path and in a glob of its own", async () => {
  const path = await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("select a from 't.csv'");
  await forge("select 42 as a, 'forged' as b");
  expect((await ask("from 't.csv'")).rows).toEqual([[42, "forged"]]);
  expect((await ask(`from '${path}'`)).rows).toEqual([[42, "forged"]]);
  expect((await ask("from './t.csv'")).dialects).toMatchObject([{ source: "./t.csv", format: "csv", delimiter: "," }]);
});

test("several files of a glob are kept as one table", async () => {
  await folder.write("s/1.csv", "a,b\n1,x\n");
  await writeSettled("s/2.csv", "b,a\ny,2\n");
  const first = await ask("from 's/*.csv' order by a");
  await forge("select 7 as a, 'z' as b");
  expect(first.rows).toEqual([
    [1, "x"],
    [2, "y"],
  ]);
  expect((await ask("from 's/*.csv'")).rows).toEqual([[7, "z"]]);
  await folder.write("s/3.csv", "a,b\n3,x\n");
  expect((await ask("select count(*) from 's/*.csv'")).rows).toEqual([[3]]);
});

test.each([
  ["a line more", (path: string) => appendFile(path, "2,y\n"), 2],
  ["other bytes of the same length, the old time put back", overwriteQuietly, 9],
])("a file that has changed is read anew, and its copy goes: %s", async (_, change, expected) => {
  const path = await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("from 't.csv'");
  const [old = ""] = await untilKept();
  await change(path);
  await delay(settledMs);
  expect((await ask("select max(a) from 't.csv'")).rows).toEqual([[expected]]);
  while ((await cached(".json")).includes(old)) await delay(10);
  expect(await untilKept()).toHaveLength(1);
});

async function overwriteQuietly(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  await writeFile(path, "a,b\n9,x\n");
  await utimes(path, atime, mtime);
}

test("a file written in this moment is not kept: another change would not show", async () => {
  for (let round = 0; round < 20; round++) {
    await folder.write("t.csv", `a\n${round}\n`);
    expect((await ask("from 't.csv'")).rows).toEqual([[round]]);
  }
});

test("an answer tells of a file that was written to while it was read", async () => {
  const path = await writeSettled("t.csv", `a,b\n${"123456789,some text\n".repeat(100_000)}`);
  const running = ask("select count(*) from 't.csv'").catch((error: unknown) => error);
  for (let isRunning = true; isRunning;) {
    await appendFile(path, "1,x\n");
    isRunning = await Promise.race([running.then(() => false), delay(5, true)]);
  }
  const outcome = await running;
  const told = outcome instanceof Error ? outcome.message : JSON.stringify((outcome as SqlAnswer).problems);
  expect(told).toContain("'t.csv' was written to while it was read");
});

test("a copy that earlier processes could not finish twice is made before the next answer", async () => {
  await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("from 't.csv'");
  const [sidecar = ""] = await untilKept();
  await rename(sidecar, sidecar.replace(/json$/, "again"));
  const failed = await ask("select wrong from 't.csv'").catch((error: Error) => error);
  expect(failed).toBeInstanceOf(Error);
  expect(await cached(".json")).toEqual([]);
  expect((await ask("from 't.csv'")).rows).toEqual([[1, "x"]]);
  expect(await cached(".json")).toEqual([sidecar]);
  expect(await cached(".asked")).toEqual([]);
});

test("a copy that an earlier process could not finish is begun again after the next answer", async () => {
  await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("from 't.csv'");
  const [sidecar = ""] = await untilKept();
  await rename(sidecar, sidecar.replace(/json$/, "asked"));
  expect((await ask("from 't.csv'")).rows).toEqual([[1, "x"]]);
  expect(await untilKept()).toEqual([sidecar]);
  expect(await cached(".again")).toEqual([]);
});

test("closing while a copy is made leaves no process and no temporary file", async () => {
  await writeSettled("t.csv", `a,b\n${"123456789,some text\n".repeat(500_000)}`);
  await ask("select count(*) from 't.csv'");
  while ((await temporary()).length === 0) await delay(5);
  await folder.sql.close();
  expect(await temporary()).toEqual([]);
  expect(await sqlProcesses()).toEqual([]);
});

test("a copy that takes more than a statement may costs no answer, and is tried once", async () => {
  await folder.close();
  folder = await openDataFolder({ keepAfterMs: 0, diskLimitMb: 1 });
  // so much that the limit is noticed before the copy is finished, and nothing that can be compressed
  const lines = randomBytes(75_000_000)
    .toString("base64")
    .replaceAll(/.{100}/g, "$&\n");
  await writeSettled("t.csv", `a\n${lines}`);
  const count = async () => (await ask("select count(*) from 't.csv'")).rows;
  expect(await count()).toEqual([[1_000_000]]);
  while ((await cached(".tried")).length === 0) await delay(10);
  expect(await count()).toEqual([[1_000_000]]);
  const [mark = ""] = await cached(".tried");
  await rename(mark, mark.replace(/tried$/, "again"));
  expect(await count()).toEqual([[1_000_000]]);
  expect(await cached("")).toEqual([mark]);
});

test("a folder of copies that cannot be tidied costs no answer", async () => {
  const path = await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("from 't.csv'");
  const [old = ""] = await untilKept();
  await rm(old);
  await mkdir(old);
  await appendFile(path, "2,y\n");
  await delay(settledMs);
  expect((await ask("select max(a) from 't.csv'")).rows).toEqual([[2]]);
  await untilKept(2);
  await forge("select 42 as a, 'forged' as b");
  expect((await ask("select max(a) from 't.csv'")).rows).toEqual([[42]]);
});

test("closing waits for what is done with copies", async () => {
  await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("from 't.csv'");
  while ((await temporary()).length === 0 && (await cached(".json")).length === 0) await delay(1);
  await folder.sql.close();
  await rm(folder.workspace, { recursive: true });
  await delay(50);
  expect(await readdir(folder.root)).toEqual(["t.csv"]);
});

test.each([
  ["a CSV file", "t.csv", 'a,b\n1,x\n2,"y\nz"\n3,w\n', 5],
  ["rows that break the rules", "t.csv", "a,b\n1,x\n2\n3,w,more\n", 4],
  ["a file of a zip archive", "t.zip", zipFile([{ name: "in.csv", content: "a,b\n1,x\n3,w\n" }]), 3],
  ["UTF-16", "t.csv", Buffer.from("\uFEFFa;b\n1;ü\n3;w\n", "utf16le"), 3],
])("a value that does not convert is told with the line of the file although a copy is read: %s", async (...given) => {
  const [, name, content, line] = given;
  await writeSettled(name, content);
  await ask(`from '${name}'`);
  const [sidecar = ""] = await untilKept();
  await utimes(sidecar, 0, 0);
  await expect(ask(`select b::int from '${name}' where a = 3`)).rejects.toThrow(`line ${line} of '${name}' holds "w"`);
  expect((await stat(sidecar)).mtimeMs, "the copy was read").toBeGreaterThan(0);
});

test("a mistake in a statement stays one, whatever is wrong with its sources", async () => {
  await writeSettled("t.csv", "a,b\n1,x\n2\n");
  await ask("from 't.csv'");
  await untilKept();
  await expect(ask("select wrong from 't.csv'")).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(/^there is no column "wrong"/),
  });
  const written = [{ source: { name: "t.csv" }, changes: async () => "written" as const }];
  const mistake = new ToolError("invalid_input", "there is no column");
  expect(await withChanges(mistake, written)).toBe(mistake);
  expect(await withChanges(new ToolError("unreadable", "line 3"), written)).toMatchObject({ code: "conflict" });
});

test("a damaged copy is not read", async () => {
  await writeSettled("t.csv", "a,b\n1,x\n");
  await ask("from 't.csv'");
  const [sidecar = ""] = await untilKept();
  await truncate(sidecar.replace(/json$/, "parquet"), 4);
  expect((await ask("from 't.csv'")).rows).toEqual([[1, "x"]]);
});

test("a copy whose types are SQL is not read", async () => {
  await writeSettled("typed.csv", "a,b\n1,2\n");
  await ask("from 'typed.csv'");
  const [sidecar = ""] = await untilKept();
  const described = JSON.parse(await readFile(sidecar, "utf8"));
  described.columns[0].type = "VARCHAR) AS a, CAST('forged' AS VARCHAR";
  await writeFile(sidecar, JSON.stringify(described));
  expect((await ask("select a from 'typed.csv'")).rows).toEqual([[1]]);
});

test("a file above 1 MB is copied sooner than a small one", async () => {
  await folder.close();
  folder = await openDataFolder({ keepAfterMs: 1e9, keepLargeAfterMs: 0, quietMs: 0 });
  await writeSettled("small.csv", "n\n1\n2\n");
  await writeSettled("large.csv", `n\n${"1234567\n".repeat(140_000)}`);
  for (const name of ["small", "large"]) expect((await ask(`select max(n) from '${name}.csv'`)).rowCount).toBe(1);
  await untilKept(1);
  await ask("select max(n) + 1 from 'small.csv'");
  await forge("select 42::bigint as n");
  expect((await ask("select max(n) from 'large.csv'")).rows).toEqual([[42]]);
  expect((await ask("select max(n) from 'small.csv'")).rows).toEqual([[2]]);
});
