import { afterAll, beforeAll, expect, test } from "vitest";
import { quoteStorm } from "../../../src/data/text/parse-rows.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(() => folder.close());

test("a cell of stray quotes before blanks takes no longer than others", async () => {
  const quotes = `${'x"'.repeat(100_000)}${" ".repeat(200_000)}`;
  await folder.write("stray.csv", `a,b\n"${quotes},1\n`);
  const page = await folder.value(readRows, { source: "stray.csv", columns: ["b"] });
  expect(page).toMatchObject({ rows: [["1"]], row_count: 1 });
  expect(JSON.stringify(page["notes"])).toContain("line 2");
  const answer = await folder.value(queryData, { sql: "select b from 'stray.csv'" });
  expect(answer).toMatchObject({ rows: [[1]] });
});

test.each([
  ["many quoted cells", `${'"a",'.repeat(5_000)}"b"\n`],
  ["many rows of one quoted cell", '"a"\n'.repeat(5_000)],
  ["a cell of JSON", `1,"{${'""k"":""v"",'.repeat(5_000)}}"\n`],
])("%s are no storm", (_, text) => {
  expect(quoteStorm(text, { delimiter: ",", newline: "\n" })).toBe(text.length);
});
