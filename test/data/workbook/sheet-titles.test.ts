import { expect, test } from "vitest";
import { queryData } from "../../../src/tools/query-data.ts";
import { sheetRow } from "../../support/workbook-file.ts";
import { useWorkbookFolder } from "../../support/workbook-folder.ts";

const folder = await useWorkbookFolder();

/** The rows of a sheet by their numbers; those that are left out are empty. */
type Sheet = Record<number, (string | number | null)[]>;

async function read(sheet: Sheet) {
  const rows = Object.entries(sheet).map(([number, cells]) => sheetRow(Number(number), cells));
  await folder.writeBook({ sheets: { one: rows.join("") } });
  const { columns, rows: table, notes = [] } = await folder.value(queryData, { sql: "select * from 'book.xlsx'" });
  const skipped = (notes as string[]).map((note) => Number(/^row (\d+) .*stands above the table/.exec(note)?.[1]));
  return { columns, rows: table, skipped };
}

const body = [
  ["north", "nails", 1],
  ["south", "nuts", 2],
];
const [first = [], second = []] = body;
const names = ["region", "product", "units"];

test.each<[string, Sheet, { columns?: string[]; rows: unknown[][]; skipped: number[] }]>([
  [
    "a title and an empty row",
    { 1: ["Sales report 2025"], 3: names, 4: first, 5: second },
    { rows: body, skipped: [1] },
  ],
  ["a title right above", { 1: ["Sales report 2025"], 2: names, 3: first, 4: second }, { rows: body, skipped: [1] }],
  ["a title in the middle", { 1: [null, "Sales"], 3: names, 4: first, 5: second }, { rows: body, skipped: [1] }],
  ["two titles", { 1: ["Sales"], 2: ["by region"], 4: names, 5: first, 6: second }, { rows: body, skipped: [1, 2] }],
  ["a number as its title", { 1: [2025], 3: names, 4: first, 5: second }, { rows: body, skipped: [1] }],
  [
    "lines of a name and a value",
    { 1: ["Sales"], 2: ["Date:", 45_000], 3: ["By:", "Ada"], 5: names, 6: first, 7: second },
    { rows: body, skipped: [1, 2, 3] },
  ],
  [
    "a title above years",
    { 1: ["Sales"], 3: ["region", 2023, 2024], 4: ["north", 7, 8], 5: ["south", 9, 10] },
    {
      columns: ["region", "2023", "2024"],
      rows: [
        ["north", 7, 8],
        ["south", 9, 10],
      ],
      skipped: [1],
    },
  ],
  [
    "a title above two columns",
    { 1: ["Sales"], 2: ["region", "units"], 3: ["north", 1] },
    { columns: ["region", "units"], rows: [["north", 1]], skipped: [1] },
  ],
  [
    "a title above one column",
    { 1: ["Sales"], 3: ["units"], 4: [1], 5: [2] },
    { columns: ["units"], rows: [[1], [2]], skipped: [1] },
  ],
  [
    "a title above a table without names",
    { 1: ["Sales"], 3: [7, 8, 9], 4: [1, 2, 3] },
    {
      columns: ["column0", "column1", "column2"],
      rows: [
        [7, 8, 9],
        [1, 2, 3],
      ],
      skipped: [1],
    },
  ],
  [
    "a title above a nameless column",
    { 1: ["Sales"], 3: ["region", null, "units"], 4: first, 5: second },
    { columns: ["region", "column1", "units"], rows: body, skipped: [1] },
  ],
])("%s above the table is told, and no row of it", async (_, sheet, expected) => {
  expect(await read(sheet)).toEqual({ columns: names, ...expected });
});

test("a title beside the table makes no column", async () => {
  const rows = sheetRow(1, ["Sales"]) + sheetRow(3, names, "C") + sheetRow(4, first, "C");
  await folder.writeBook({ sheets: { one: rows } }, "beside.xlsx");
  const answer = await folder.value(queryData, { sql: "select * from 'beside.xlsx'" });
  expect(answer).toMatchObject({ columns: names, rows: [first] });
});

test.each<[string, Sheet, { columns: string[]; rows: unknown[][] }]>([
  ["names and rows", { 1: names, 2: first, 3: second }, { columns: names, rows: body }],
  ["names, an empty row and rows", { 1: names, 3: first, 4: second }, { columns: names, rows: body }],
  [
    "names of fewer columns than rows have, and an empty row",
    { 1: ["region", "units"], 3: ["north", 1, "x"], 4: ["south", 2, "y"] },
    {
      columns: ["region", "units", "column2"],
      rows: [
        ["north", 1, "x"],
        ["south", 2, "y"],
      ],
    },
  ],
  [
    "one name above two columns",
    { 1: ["units"], 2: [1, "x"], 3: [2, "y"] },
    {
      columns: ["units", "column1"],
      rows: [
        [1, "x"],
        [2, "y"],
      ],
    },
  ],
  [
    "one column with an empty row",
    { 1: ["name"], 3: ["Ada"], 4: ["Bob"] },
    { columns: ["name"], rows: [["Ada"], ["Bob"]] },
  ],
  [
    "rows with most cells empty",
    { 1: names, 2: ["north"], 3: [null, "nuts"], 5: second },
    { columns: names, rows: [["north", null, null], [null, "nuts", null], second] },
  ],
])("a sheet of %s has no title", async (_, sheet, expected) => {
  expect(await read(sheet)).toEqual({ ...expected, skipped: [] });
});
