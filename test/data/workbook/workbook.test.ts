import { expect, test } from "vitest";
import { profileData } from "../../../src/tools/profile-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { zipFile } from "../../support/zip-file.ts";
import { type WorkbookOptions } from "../../support/workbook-file.ts";
import { useWorkbookFolder } from "../../support/workbook-folder.ts";

const folder = await useWorkbookFolder();

async function read(options: WorkbookOptions, sheet = "") {
  await folder.writeBook(options);
  const source = `book.xlsx${sheet}`;
  const { columns, types, rows, notes = [] } = await folder.value(queryData, { sql: `select * from '${source}'` });
  const page = await folder.value(readRows, { source });
  expect(page["columns"]).toEqual(columns);
  expect(page["row_count"]).toBe((rows as unknown[]).length);
  expect(page["notes"] ?? []).toEqual((notes as string[]).filter((note) => !note.includes("is read as text")));
  return { columns, types, rows, notes, written: page["rows"] };
}

const text = (cell: string, value: string) => `<c r="${cell}" t="inlineStr"><is><t>${value}</t></is></c>`;
const header = `<row r="1">${text("A1", "a")}${text("B1", "b")}</row>`;

test("cells of every kind are what they say", async () => {
  const cells = [
    `<c r="A2"><v>1</v></c><c r="B2" t="s"><v>1</v></c>`,
    `<c r="A3"><v>2</v></c><c r="B3" t="str"><f>A1&amp;"x"</f><v>a&lt;b _x000D_ c</v></c>`,
    `<c r="A4"><v>3</v></c><c r="B4" t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r><rPh><t>no</t></rPh></is></c>`,
    `<c r="A5"><v>4</v></c>${text("B5", "say &quot;hi&quot;,&#10;ok")}`,
  ];
  const rows = cells.map((row, index) => `<row r="${index + 2}">${row}</row>`).join("");
  const answer = await read({
    sheets: { one: header + rows },
    sharedTexts: ["<t>no</t>", "<r><t>sh</t></r><r><t>ared</t></r>"],
  });
  expect(answer).toMatchObject({
    columns: ["a", "b"],
    types: ["BIGINT", "VARCHAR"],
    rows: [
      [1, "shared"],
      [2, "a<b \r c"],
      [3, "rich text"],
      [4, 'say "hi",\nok'],
    ],
  });
});

test("truth, numbers and what formulas gave have their types, and no digit is lost", async () => {
  const rows = [
    `<row r="2"><c r="A2" t="b"><v>1</v></c><c r="B2"><f>1/3</f><v>0.33333333333333331</v></c></row>`,
    `<row r="3"><c r="A3" t="b"><v>0</v></c><c r="B3"><v>1E-3</v></c></row>`,
  ];
  const answer = await read({ sheets: { one: header + rows.join("") } });
  expect(answer).toMatchObject({
    types: ["BOOLEAN", "DOUBLE"],
    rows: [
      [true, 1 / 3],
      [false, 0.001],
    ],
  });
  expect(answer.written).toEqual([
    ["true", "0.33333333333333331"],
    ["false", "1E-3"],
  ]);
});

test.each(["", "book/"])("the parts of a workbook are found in the folder %j", async (parts) => {
  const rows = `${header}<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>45296</v></c></row>`;
  const answer = await read({
    sheets: { one: rows },
    sharedTexts: ["<t>x</t>"],
    formats: ["yyyy-mm-dd"],
    folder: parts,
  });
  expect(answer).toMatchObject({ columns: ["a", "b"], rows: [["x", "2024-01-05"]] });
});

test("a sheet in UTF-16 is read", async () => {
  const sheet = Buffer.from(`\uFEFF<worksheet><sheetData>${header}</sheetData></worksheet>`, "utf16le");
  const relation = `<Relationship Id="r" Type="x/worksheet" Target="one.xml"/>`;
  const members = [
    { name: "xl/workbook.xml", content: `<workbook><sheets><sheet name="s" r:id="r"/></sheets></workbook>` },
    { name: "xl/_rels/workbook.xml.rels", content: `<Relationships>${relation}</Relationships>` },
    { name: "xl/one.xml", content: sheet },
  ];
  await folder.write("wide.xlsx", zipFile(members));
  expect(await folder.value(queryData, { sql: "select * from 'wide.xlsx'" })).toMatchObject({ columns: ["a", "b"] });
});

test("texts that look like numbers stay text", async () => {
  const rows = [
    `<row r="2">${text("A2", "007")}${text("B2", "1e5")}</row>`,
    `<row r="3">${text("A3", "12")}${text("B3", "7")}</row>`,
  ];
  const answer = await read({ sheets: { one: header + rows.join("") } });
  expect(answer).toMatchObject({
    types: ["VARCHAR", "VARCHAR"],
    rows: [
      ["007", "1e5"],
      ["12", "7"],
    ],
  });
});

test.each([
  ["yyyy-mm-dd", "45296", false, "DATE", "2024-01-05"],
  ["d/m/yy h:mm", "45296.4375", false, "TIMESTAMP", "2024-01-05T10:30:00"],
  ["[$-409]mmm d, yyyy", "45296", false, "DATE", "2024-01-05"],
  ["h:mm:ss", "0.4375", false, "TIME", "10:30:00"],
  ["yyyy-mm-dd", "43834", true, "DATE", "2024-01-05"],
  ["yyyy-mm-dd", "1", false, "DATE", "1900-01-01"],
  ["yyyy-mm-dd", "59", false, "DATE", "1900-02-28"],
  ["yyyy-mm-dd", "61", false, "DATE", "1900-03-01"],
  ["yyyy-mm-dd", "60", false, "BIGINT", 60],
  ["yyyy-mm-dd", "-1", false, "BIGINT", -1],
  ["[h]:mm", "1.5", false, "DOUBLE", 1.5],
  ["0.00", "1.5", false, "DOUBLE", 1.5],
  ["&quot;day&quot; 0", "7", false, "BIGINT", 7],
  ["#,##0.00 [$USD]", "7.5", false, "DOUBLE", 7.5],
  ["00000", "1234", false, "VARCHAR", "01234"],
  ["000\\-00\\-0000", "12345678", false, "VARCHAR", "012-34-5678"],
  ["[<=99999]00000;00000\\-0000", "501", false, "VARCHAR", "00501"],
  ["000", "12345", false, "BIGINT", 12345],
  ["000", "-5", false, "BIGINT", -5],
  ["0", "5", false, "BIGINT", 5],
])("a cell of the format %s that holds %s (1904: %s) is %s", async (...[format, value, is1904, type, shown]) => {
  const rows = `${header}<row r="2"><c r="A2" s="1"><v>${value}</v></c></row>`;
  const answer = await read({ sheets: { one: rows }, formats: [format], is1904 });
  expect(answer).toMatchObject({ types: [type, "VARCHAR"], rows: [[shown, null]] });
});

test("the first sheet that has cells is read, another by its name", async () => {
  const sheets = { Cover: "", "Q1 & Q2": `${header}<row r="2"><c r="A2"><v>1</v></c></row>`.replaceAll("&", "&amp;") };
  const book = {
    Cover: "",
    "Q1 &amp; Q2": sheets["Q1 & Q2"],
    Other: `<row><c><v>5</v></c></row><row><c><v>6</v></c></row>`,
  };
  expect(await read({ sheets: book })).toMatchObject({ rows: [[1, null]] });
  expect(await read({ sheets: book }, "#Other")).toMatchObject({ columns: ["column0"], rows: [[5], [6]] });
  expect(await read({ sheets: book }, "#q1 & q2")).toMatchObject({ rows: [[1, null]] });
  const { dialect } = await folder.value(profileData, { source: "book.xlsx" });
  expect(dialect).toMatchObject({ format: "xlsx", sheet: "Q1 & Q2", header: true });
  expect(await folder.call(queryData, { sql: "select * from 'book.xlsx#Otter'" })).toMatchObject({
    ok: false,
    code: "not_found",
    message: expect.stringContaining("did you mean Other?); its sheets are 'Cover', 'Q1 & Q2', 'Other'"),
  });
  expect(await folder.call(queryData, { sql: "select * from 'book.xlsx#Cover'" })).toMatchObject({
    code: "unreadable",
  });
});

test("a table in the middle of a sheet is found, and its problems are told by the rows of the sheet", async () => {
  const rows = [
    `<row r="2">${text("C2", "Report")}</row>`,
    `<row r="4">${text("C4", "id")}${text("D4", "id")}${text("E4", "v")}</row>`,
    `<row r="5"><c r="C5"><v>1</v></c>${text("D5", "x&#10;y")}<c r="E5"><v>2</v></c></row>`,
    `<row r="9" hidden="1"><c r="C9"><v>2</v></c><c r="E9" t="e"><v>#N/A</v></c></row>`,
    `<row r="12"><c r="C12"><v>3</v></c></row>`,
  ];
  const answer = await read({ sheets: { one: rows.join("") } });
  expect(answer).toMatchObject({
    columns: ["id", "id_1", "v"],
    rows: [
      [1, "x\ny", 2],
      [2, null, null],
      [3, null, null],
    ],
  });
  const { problems } = await folder.value(profileData, { source: "book.xlsx" });
  expect(problems).toMatchObject([
    { line: 0, code: "renamed", message: expect.stringMatching(/"id" -> "id_1"$/) as string },
    { line: 2, code: "skipped_line" },
    { line: 9, code: "cell_error", message: "row 9 of 'book.xlsx' holds the error #N/A, read as null" },
  ]);
});

test("a late text among numbers is told by its row", async () => {
  const numbers = Array.from(
    { length: 3_000 },
    (_, index) => `<row r="${index + 3}"><c r="A${index + 3}"><v>7</v></c></row>`,
  );
  const rows = `<row r="2">${text("A2", "n")}</row>${numbers.join("")}<row r="4000">${text("A4000", "n/a")}</row>`;
  await folder.writeBook({ sheets: { one: rows } }, "late.xlsx");
  const { notes } = await folder.value(queryData, { sql: "select max(n) from 'late.xlsx'" });
  expect(notes).toEqual([expect.stringContaining('line 4000 holds "n/a"')]);
});

test("entities that grow are no text, and damaged workbooks are refused", async () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
  const answer = await read({ sheets: { one: `${bomb}${header}<row r="2">${text("A2", "&b;")}</row>` } });
  expect(answer.rows).toEqual([["&b;", null]]);
  for (const cell of ['<c r="A2" t="s"><v>99</v></c>', '<c r="1"><v>1</v></c>', '<c r="ZZZZ9"><v>1</v></c>']) {
    await folder.writeBook({ sheets: { one: `${header}<row r="2">${cell}</row>` } }, "bad.xlsx");
    expect(await folder.call(queryData, { sql: "select * from 'bad.xlsx'" })).toMatchObject({ code: "unreadable" });
    expect(await folder.call(readRows, { source: "bad.xlsx" })).toMatchObject({ code: "unreadable" });
  }
});

test.each([
  ["a workbook with a password or of old times", Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]), /password/],
  ["a text", "a,b\n1,2\n", /named like a workbook/],
])("refuses %s", async (_, content, message) => {
  await folder.write("no.xlsx", content);
  expect(await folder.call(readRows, { source: "no.xlsx" })).toMatchObject({
    ok: false,
    code: "unreadable",
    message: expect.stringMatching(message),
  });
});
