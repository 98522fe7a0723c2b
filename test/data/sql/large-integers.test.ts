import { afterAll, beforeAll, expect, test } from "vitest";
import { exportData } from "../../../src/tools/export-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(() => folder.close());

const largest = "170141183460469231731687303715884105727";

const note = (name: string) => expect.stringMatching(`keeps "${name}" as text, .* more than 38 digits`) as string;

test("integers of more than 38 digits are kept as text, which is told, and others as numbers", async () => {
  const sql = `select ${largest} as n, 2::hugeint as m union all select -5, 3 order by 2`;
  const rows = [
    [largest, 2],
    [-5, 3],
  ];
  const saved = await folder.value(queryData, { sql, save_as: "large" });
  expect(saved).toMatchObject({ rows, types: ["HUGEINT", "HUGEINT"], notes: [note("n")] });
  const read = await folder.value(queryData, { sql: "select cast(n as hugeint) as n, m from large order by m" });
  expect(read).toMatchObject({
    rows: [
      [largest, "2"],
      [-5, "3"],
    ],
    types: ["HUGEINT", "DECIMAL(38,0)"],
  });
});

test("every column may hold some", async () => {
  const sql = `select -${largest} as a, ${largest} as b, ${largest} as c, 1::hugeint as d`;
  const saved = await folder.value(queryData, { sql, save_as: "wide" });
  expect(saved["rows"]).toEqual([[`-${largest}`, largest, largest, 1]]);
  expect(saved["notes"]).toEqual(expect.arrayContaining([note("a"), note("b"), note("c")]));
});

test("a long result that is cut, and a file of Parquet, hold them", async () => {
  const sql = `select ${largest} - range as n from range(2000)`;
  const cut = await folder.value(queryData, { sql, limit: 1 });
  expect(cut).toMatchObject({ rows: [[largest]], row_count: 2_000, notes: [note("n")] });
  const source = String(cut["dataset"]);
  await expect(folder.value(exportData, { source, path: "n.parquet" })).resolves.toMatchObject({ row_count: 2_000 });
});
