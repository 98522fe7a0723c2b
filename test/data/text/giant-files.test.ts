import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("good.csv", "a\n1\n");
});

afterAll(async () => {
  await folder.close();
});

const megabyte = "x".repeat(1_000_000);

function names(count: number): string {
  return Array.from({ length: count }, (_, index) => `c${index}`).join();
}

test.each([
  [
    "a field of 100 MB",
    "field.csv",
    ["id,v\n1,a\n2,", ...Array.from({ length: 100 }, () => megabyte), "\n3,c\n"],
    /line 3 of .* longer than 2 MB/,
  ],
  [
    "a quoted field of 100 MB",
    "quoted.csv",
    ['id,v\n1,a\n2,"', ...Array.from({ length: 100 }, () => megabyte), '"\n3,c\n'],
    /line 3 of .* longer than 2 MB/,
  ],
  [
    "a line of 100 MB and nothing else",
    "line.csv",
    Array.from({ length: 100 }, () => megabyte),
    /line 1 of .* it has too many columns, or is no table/,
  ],
  [
    "a million columns",
    "million.csv",
    [`${names(1_000_000)}\n`],
    /line 1 of .* it has too many columns, or is no table/,
  ],
])("%s is too large, and the next question is answered", async (_, name, pieces, message) => {
  await folder.write(name, Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  const refusal = { ok: false, code: "too_large", message: expect.stringMatching(message) as string };
  expect(await folder.call(queryData, { sql: `select count(*) from '${name}'` })).toMatchObject(refusal);
  expect(await folder.call(readRows, { source: name, offset: 2 })).toMatchObject(refusal);
  expect(await folder.value(queryData, { sql: "select * from 'good.csv'" })).toMatchObject({ rows: [[1]] });
});

test("a table of too many columns is text, and that is told once", async () => {
  const row = `${Array.from({ length: 1_500 }, (_, index) => index).join()}\n`;
  for (const part of [1, 2]) await folder.write(`wide/${part}.csv`, `${names(1_500)}\n${row.repeat(3)}`);
  const answer = await folder.value(queryData, { sql: "select c7, sum(c9::int) from 'wide/*.csv' group by all" });
  expect(answer["rows"]).toEqual([["7", 54]]);
  expect(answer["notes"]).toEqual([expect.stringMatching(/^'wide\/\*.csv' has 1500 columns, .* each is text/)]);
});

test.each([
  ["in the last line", 0, /"code" .* is read as text: far down it holds "007"/],
  ["where nobody looked at first", 10_000, /line 390001 holds "007"/],
])("a lone leading zero far down a file, %s, keeps its column text", async (_, after, told) => {
  const line = (id: number) => `${id},${10_000 + id}\n`;
  const lines = Array.from({ length: 400_000 }, (_element, id) => (id === 399_999 - after ? `${id},007\n` : line(id)));
  const name = `late-${after}.csv`;
  await folder.write(name, `id,code\n${lines.join("")}`);
  const sql = `select code, (select count(*) from '${name}') from '${name}' where id = ${399_999 - after}`;
  const answer = await folder.value(queryData, { sql });
  expect(answer).toMatchObject({ rows: [["007", 400_000]], types: ["VARCHAR", "BIGINT"] });
  expect(String(answer["notes"])).toMatch(told);
});
