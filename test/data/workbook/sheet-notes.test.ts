import { expect, test } from "vitest";
import { profileData } from "../../../src/tools/profile-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { sheetRow, workbookFile, type WorkbookOptions } from "../../support/workbook-file.ts";
import { useWorkbookFolder } from "../../support/workbook-folder.ts";

const folder = await useWorkbookFolder();

async function read(options: WorkbookOptions, sheet = "") {
  await folder.writeBook(options);
  const { columns, rows, notes } = await folder.value(queryData, { sql: `select * from 'book.xlsx${sheet}'` });
  const { problems } = await folder.value(profileData, { source: `book.xlsx${sheet}` });
  expect(((notes ?? []) as string[]).length).toBe((problems as unknown[]).length);
  return { columns, rows, problems };
}

const names = sheetRow(1, ["a", "b"]);
const remedy = "open the workbook in a spreadsheet program and save it there";

test("formulas that were saved without values are told with their cells", async () => {
  const rows = [
    `<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*2</f></c></row>`,
    `<row r="3"><c r="A3"><v>2</v></c><c r="B3"><f>A3*2</f><v></v></c></row>`,
    `<row r="4"><c r="A4"><v>3</v></c><c r="B4"><f>A4*2</f><v>6</v></c></row>`,
    `<row r="5"><c r="A5"><v>4</v></c><c r="B5" t="str"><f>IF(A5,"")</f><v></v></c></row>`,
    `<row r="6"><c r="A6"><f>A5+1</f></c></row>`,
  ];
  expect(await read({ sheets: { one: names + rows.join("") } })).toEqual({
    columns: ["a", "b"],
    rows: [
      [1, null],
      [2, null],
      [3, 6],
      [4, null],
      [null, null],
    ],
    problems: [
      {
        line: 2,
        code: "no_value",
        message: `'book.xlsx' was saved without the values of the formulas of 3 cells (B2, B3, A6), read as null; ${remedy}`,
      },
    ],
  });
});

test("of many formulas without values the first are named, and all are counted", async () => {
  const rows = Array.from(
    { length: 3_000 },
    (_, index) => `<row r="${index + 2}"><c><v>1</v></c><c><f>A1</f></c></row>`,
  );
  const { problems } = await read({ sheets: { one: names + rows.join("") } });
  expect(problems).toMatchObject([{ message: expect.stringContaining("3000 cells (B2, B3, ") }]);
  expect(problems).toMatchObject([{ message: expect.stringContaining("B11, …)") }]);
});

test("values of formulas that nobody has calculated are told", async () => {
  const sheets = { one: `${names}<row r="2"><c><v>3</v></c><c><f>A2*2</f><v>0</v></c></row>` };
  expect((await read({ sheets })).problems).toEqual([]);
  const { rows, problems } = await read({ sheets, isProvisional: true });
  expect(rows).toEqual([[3, 0]]);
  const message = `'book.xlsx' was saved by a program that does not calculate: the values of the formulas of 1 cell (B2) may be wrong; ${remedy}`;
  expect(problems).toEqual([{ line: 2, code: "not_calculated", message }]);
});

test("the other sheets of a workbook are told where none was named", async () => {
  const table = names + sheetRow(2, [1, 2]);
  const book = { sheets: { Lists: table, Sales: table, Stock: table, Empty: "" }, hidden: ["Lists"] };
  const message =
    "only sheet 'Sales' of 'book.xlsx' is read; it also has 'Stock', 'Lists' (hidden); name one as 'book.xlsx#Stock'";
  expect((await read(book)).problems).toEqual([{ line: 0, code: "other_sheets", message }]);
  expect((await read(book, "#lists")).problems).toEqual([]);
  expect(
    (await read({ sheets: { Sales: table, Sheet2: "", Sheet3: '<row r="1"><c r="A1" s="1"/></row>' } })).problems,
  ).toEqual([]);
});

test.each([
  ["is missing", (bytes: Buffer) => rename(bytes, "xl/worksheets/sheet2.xml", "xl/worksheets/sheet9.xml")],
  ["is damaged", (bytes: Buffer) => rename(bytes, mark, mark.toUpperCase())],
])("a sheet is read although the part of another one %s, which is told like any other", async (_what, damage) => {
  const table = names + sheetRow(2, [1, 2]);
  const whole = workbookFile({ sheets: { A: table, B: `<!--${mark}-->` } }, { stored: true });
  await folder.write("book.xlsx", damage(whole));
  const { columns, rows, notes } = await folder.value(queryData, { sql: "select * from 'book.xlsx'" });
  expect({ columns, rows }).toEqual({ columns: ["a", "b"], rows: [[1, 2]] });
  expect(notes).toEqual([expect.stringContaining("it also has 'B'; name one as 'book.xlsx#B'")]);
  expect(await folder.call(queryData, { sql: "select * from 'book.xlsx#B'" })).toMatchObject({ ok: false });
});

const mark = "only in the second sheet";

/** Other bytes in place of some, wherever these are. */
function rename(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll(from, to), "latin1");
}

test.each(["x:", "x14:", "X:", "main-1.x:", "é:"])("a sheet whose tags begin with %j is told", async (prefix) => {
  const tagged = `<${prefix}row r="1"><${prefix}c r="A1"><${prefix}v>1</${prefix}v></${prefix}c></${prefix}row>`;
  const { problems } = await read({ sheets: { A: names + sheetRow(2, [1, 2]), B: tagged } });
  expect(problems).toMatchObject([{ code: "other_sheets" }]);
});

test("a hidden sheet is read where no other has cells", async () => {
  const answer = await read({ sheets: { Lists: names + sheetRow(2, [1, 2]), Cover: "" }, hidden: ["Lists"] });
  expect(answer).toEqual({ columns: ["a", "b"], rows: [[1, 2]], problems: [] });
});

test("of a workbook of countless sheets some are told", async () => {
  const sheets = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`s${index}`, names]));
  expect((await read({ sheets })).problems).toMatchObject([
    { message: expect.stringMatching(/'s1', 's2', .*'s10' and 49 more; name one as 'book.xlsx#s1'$/) },
  ]);
});

test("which sheet was read is blamed for no failure of a statement", async () => {
  const table = names + sheetRow(2, ["x", 2]);
  await folder.writeBook({ sheets: { one: table, two: table } }, "two.xlsx");
  const failed = await folder.call(queryData, { sql: "select sum(a) from 'two.xlsx'" });
  expect(failed).toMatchObject({ ok: false, message: expect.not.stringContaining("wrong with the file") });
});

test("cells far from the table are columns of it without the empty ones between, and later ones are told", async () => {
  const far = `<row r="3"><c r="A3"><v>3</v></c><c r="XFD3"><v>9</v></c></row>`;
  expect(await read({ sheets: { one: names + sheetRow(2, [1, 2]) + far } })).toEqual({
    columns: ["a", "b", "column2"],
    rows: [
      [1, 2, null],
      [3, null, 9],
    ],
    problems: [
      {
        line: 0,
        code: "empty_columns",
        message: "columns C to XFC of 'book.xlsx' are empty in its first rows and left out",
      },
    ],
  });
  const rows = Array.from({ length: 40_000 }, (_, index) => sheetRow(index + 2, [index, 1], "C"));
  const late = `<row r="50000"><c r="A50000"><v>7</v></c><c r="C50000"><v>8</v></c><c r="XFD50000"><v>9</v></c></row>`;
  await folder.write(
    "late.xlsx",
    workbookFile({ sheets: { one: sheetRow(1, ["a", "b"], "C") + rows.join("") + late } }),
  );
  const sql = "select * from 'late.xlsx' where extra_cells is not null";
  expect(await folder.value(queryData, { sql })).toMatchObject({
    rows: [[8, null, '["7","9"]']],
    notes: [expect.stringContaining("line 50000 of 'late.xlsx' has 4 cells where 2 are expected")],
  });
});
