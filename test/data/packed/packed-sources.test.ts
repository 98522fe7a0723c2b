import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportData } from "../../../src/tools/export-data.ts";
import { profileData } from "../../../src/tools/profile-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { zipFile } from "../../support/zip-file.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

const csv = "a,b\n1,x\n2,y\n3,z\n";
const rows = [
  [1, "x"],
  [2, "y"],
  [3, "z"],
];

/** `a,b`, `1,x` and, in a stream of its own, `2,y`, `3,z`. */
const bzip2 = Buffer.concat([
  Buffer.from("QlpoOTFBWSZTWdR78W4AAALZgAAQAAQgADAAAEAgACGmmaDAKBULC7kinChIaj34twA=", "base64"),
  Buffer.from("QlpoOTFBWSZTWXUwlxAAAAJYgAAQAAQYAAAwIAAhppmgwAKVCwu5IpwoSDqYS4gA", "base64"),
]);

async function query(source: string) {
  return await folder.call(queryData, { sql: `select * from '${source}'` });
}

test("gzip with zeros after it is read, and the zeros are told", async () => {
  for (const length of [1, 3_000, 2_000_000]) {
    const name = `padded-${length}.csv.gz`;
    await folder.write(name, Buffer.concat([gzipSync(csv), gzipSync("4\n"), Buffer.alloc(length)]));
    const told = [`'${name}' has zeros after its data, which are left aside`];
    const answer = await folder.value(queryData, { sql: `select a from '${name}'` });
    expect(answer).toMatchObject({ rows: [[1], [2], [3], [4]], notes: [told[0], expect.stringContaining("line 5 ")] });
    const page = await folder.value(readRows, { source: name, columns: ["a"] });
    expect(page).toMatchObject({ rows: [["1"], ["2"], ["3"], ["4"]], notes: expect.arrayContaining(told) as string[] });
  }
});

test("gzip with something else after it is refused, and that is said", async () => {
  await folder.write("junk.csv.gz", Buffer.concat([gzipSync(csv), Buffer.from("<html>")]));
  await folder.write("junk.json.gz", Buffer.concat([gzipSync('[{"a":1}]'), Buffer.from("<html>")]));
  const refusal = { ok: false, code: "unreadable", message: expect.stringMatching(/after its gzip data/) as string };
  expect(await query("junk.csv.gz")).toMatchObject(refusal);
  expect(await query("junk.json.gz")).toMatchObject(refusal);
  expect(await folder.call(readRows, { source: "junk.csv.gz" })).toMatchObject(refusal);
});

test("gzip in several members is one table", async () => {
  await folder.write("members.csv.gz", Buffer.concat([gzipSync("a,b\n1,x\n"), gzipSync("2,y\n"), gzipSync("3,z\n")]));
  expect(await query("members.csv.gz")).toMatchObject({ ok: true, value: { rows } });
  const page = await folder.value(readRows, { source: "members.csv.gz" });
  expect(page["rows"]).toEqual(rows.map((row) => row.map(String)));
});

test("an archive whose directory is zip64 is read", async () => {
  await folder.write("big.zip", zipFile([{ name: "in.csv", content: csv }], { zip64: true }));
  expect(await query("big.zip")).toMatchObject({ ok: true, value: { rows } });
});

test.each([
  ["bzip2 in several streams", "a.csv.bz2", bzip2, "a.csv.bz2"],
  ["bzip2 with something after it", "b.csv.bz2", Buffer.concat([bzip2, Buffer.from("rest")]), "b.csv.bz2"],
  ["a zip archive", "a.zip", zipFile([{ name: "in.csv", content: csv }]), "a.zip"],
  ["a stored file of a zip archive", "s.zip", zipFile([{ name: "in.csv", content: csv, stored: true }]), "s.zip"],
  [
    "the only table beside a text",
    "r.zip",
    zipFile([
      { name: "README.txt", content: "hello" },
      { name: "in.csv", content: csv },
    ]),
    "r.zip",
  ],
  [
    "a table beside what a system left",
    "m.zip",
    zipFile([
      { name: "in.csv", content: csv },
      { name: "__MACOSX/._in.csv", content: "?" },
    ]),
    "m.zip",
  ],
  [
    "a named file of an archive",
    "n.zip",
    zipFile([
      { name: "x.csv", content: "q\n1\n" },
      { name: "p/in.csv", content: csv },
    ]),
    "n.zip#p/in.csv",
  ],
  ["a name that leads elsewhere", "e.zip", zipFile([{ name: "a/b#c.csv", content: csv }]), "e.zip#a/b#c.csv"],
  ["gzip within zip", "g.zip", zipFile([{ name: "in.csv.gz", content: gzipSync(csv), stored: true }]), "g.zip"],
  [
    "UTF-16 within zip",
    "u.zip",
    zipFile([{ name: "in.csv", content: Buffer.from(`\uFEFF${csv}`, "utf16le") }]),
    "u.zip",
  ],
  [
    "JSON within zip",
    "j.zip",
    zipFile([{ name: "in.json", content: '[{"a":1,"b":"x"},{"a":2,"b":"y"},{"a":3,"b":"z"}]' }]),
    "j.zip",
  ],
  [
    "JSON lines within zip",
    "l.zip",
    zipFile([{ name: "in.jsonl", content: '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n{"a":3,"b":"z"}\n' }]),
    "l.zip",
  ],
])("reads %s", async (_, name, content, source) => {
  await folder.write(name, content);
  const answer = await query(source);
  expect(answer).toMatchObject({ ok: true, value: { columns: ["a", "b"], rows } });
  const page = await folder.value(readRows, { source });
  expect((page["rows"] as unknown[][]).map((row) => row.map(String))).toEqual(rows.map((row) => row.map(String)));
  expect(await readdir(join(folder.workspace, "tmp"))).toEqual([]);
});

test("a glob of archives with one table each is one table", async () => {
  for (const part of [1, 2])
    await folder.write(`zips/p${part}.zip`, zipFile([{ name: `in${part}.csv`, content: csv }]));
  expect(await query("zips/*.zip")).toMatchObject({ ok: true, value: { row_count: 6 } });
});

test("a broken file of an archive is read as one on the disk is", async () => {
  await folder.write("ragged.zip", zipFile([{ name: "in.csv", content: "a,b\n1,x\n2\n3,y,z\n" }]));
  const { problems, dialect } = await folder.value(profileData, { source: "ragged.zip" });
  expect(problems).toMatchObject([
    { line: 3, code: "missing_cells" },
    { line: 4, code: "extra_cells" },
  ]);
  expect(dialect).toMatchObject({ format: "csv", compression: "zip", member: "in.csv" });
  const exported = await folder.value(exportData, { source: "ragged.zip", path: "ragged.parquet" });
  expect(exported["row_count"]).toBe(3);
});

const damagedMessage = /damaged|no whole zip archive/;

test.each([
  ["a truncated bzip2 file", "t1.csv.bz2", bzip2.subarray(0, 70), "unreadable", damagedMessage],
  [
    "a flipped bit in bzip2",
    "t2.csv.bz2",
    bzip2.map((byte, index) => (index === 33 ? byte ^ 1 : byte)),
    "unreadable",
    damagedMessage,
  ],
  [
    "a truncated archive",
    "t3.zip",
    zipFile([{ name: "in.csv", content: csv }]).subarray(0, 60),
    "unreadable",
    damagedMessage,
  ],
  [
    "a wrong checksum",
    "t4.zip",
    zipFile([{ name: "in.csv", content: csv, claims: { crc: 7 } }]),
    "unreadable",
    /checksum/,
  ],
  [
    "a size that is not true",
    "t5.zip",
    zipFile([{ name: "in.csv", content: csv, claims: { sizeBytes: 3 } }]),
    "unreadable",
    damagedMessage,
  ],
  [
    "an encrypted file",
    "t6.zip",
    zipFile([{ name: "in.csv", content: csv, encrypted: true }]),
    "unreadable",
    /encrypted/,
  ],
  [
    "an archive within an archive",
    "t7.zip",
    zipFile([{ name: "in.csv", content: zipFile([{ name: "x", content: csv }]) }]),
    "unreadable",
    /inside/,
  ],
  ["an empty archive", "t8.zip", zipFile([]), "invalid_input", /holds nothing/],
  [
    "an archive of several tables",
    "t9.zip",
    zipFile([
      { name: "a.csv", content: csv },
      { name: "b.csv", content: csv },
    ]),
    "invalid_input",
    /'t9.zip#a.csv'/,
  ],
  [
    "an OpenDocument sheet",
    "t10.ods",
    zipFile([
      { name: "mimetype", content: "" },
      { name: "content.xml", content: "" },
    ]),
    "unreadable",
    /OpenDocument/,
  ],
  [
    "an archive that unpacks to too much",
    "t11.zip",
    zipFile([{ name: "in.csv", content: csv, claims: { sizeBytes: 3e9 } }]),
    "too_large",
    /3 GB out of next to nothing/,
  ],
])("refuses %s", async (...[, name, content, code, message]) => {
  await folder.write(name, content);
  const refusal = { ok: false, code, message: expect.stringMatching(message) };
  expect(await query(name)).toMatchObject(refusal);
  expect(await folder.call(readRows, { source: name })).toMatchObject(refusal);
});

test.each([
  ["a.zip#im.csv", "not_found", /did you mean in.csv/],
  ["a.zip#../../etc/passwd", "not_found", /it holds 'in.csv'/],
  ["a.csv.bz2#x", "invalid_input", /has no part 'x'/],
  ["nothing.zip#x", "not_found", /nothing.zip/],
])("says what is wrong with %s", async (source, code, message) => {
  await folder.write("a.zip", zipFile([{ name: "in.csv", content: csv }]));
  await folder.write("a.csv.bz2", bzip2);
  expect(await query(source)).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
});

test("a file whose name has a # is that file", async () => {
  await folder.write("odd#1.csv", csv);
  expect(await query("odd#1.csv")).toMatchObject({ ok: true, value: { rows } });
});

test("a text that begins like bzip2 is text", async () => {
  await folder.write("letters.csv", "BZh9,b\n1,2\n");
  expect(await query("letters.csv")).toMatchObject({ ok: true, value: { columns: ["BZh9", "b"], rows: [[1, 2]] } });
});

test("what unpacks beyond the disk limit is stopped, and leaves nothing", async () => {
  const small = await openDataFolder({ diskLimitMb: 5 });
  try {
    await small.write("big.zip", zipFile([{ name: "in.csv", content: `a,b\n${"1,x\n".repeat(15_000_000)}` }]));
    const answer = await small.call(queryData, { sql: "select count(*) from 'big.zip'" });
    expect(answer).toMatchObject({ ok: false, code: "too_large" });
    await expect.poll(() => readdir(join(small.workspace, "tmp"))).toEqual([]);
  } finally {
    await small.close();
  }
});

test("files of an archive whose names differ only in case are not taken for each other", async () => {
  const files = [
    { name: "x.csv", content: "a\n1\n" },
    { name: "X.csv", content: "a\n5\n" },
  ];
  await folder.write("case.zip", zipFile(files));
  const sql = "select l.a, r.a from 'case.zip#x.csv' l, 'case.zip#X.csv' r";
  expect(await folder.call(queryData, { sql })).toMatchObject({ ok: false, code: "invalid_input" });
  const other = sql.replace("'case.zip#X", "'./case.zip#X");
  expect(await folder.value(queryData, { sql: other })).toMatchObject({ rows: [[1, 5]] });
});

test("a name that leads out of an archive keeps nobody from its other files", async () => {
  const outside = { name: "../up.csv", content: "x\n1\n" };
  await folder.write("up.zip", zipFile([outside, { name: "in.csv", content: csv }]));
  await folder.write("all-up.zip", zipFile([outside]));
  expect(await query("up.zip")).toMatchObject({ ok: true, value: { rows } });
  expect(await query("up.zip#../up.csv")).toMatchObject({ ok: false, code: "not_allowed" });
  expect(await query("all-up.zip")).toMatchObject({
    ok: false,
    code: "not_allowed",
    message: expect.stringContaining("'../up.csv'") as string,
  });
});
