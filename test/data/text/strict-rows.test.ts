import { afterAll, beforeAll, expect, test } from "vitest";
import { strictRows } from "../../../src/data/text/strict-rows.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(() => folder.close());

const form = { delimiter: ",", newline: "\n" };

const texts: [what: string, text: string, rows: string[][], bad?: number][] = [
  ["plain cells", "a,b\n1,\n", [["a", "b"], ["1", ""], [""]]],
  [
    "quoted cells",
    '"a,b","c\nd"\n"e ""f""",""',
    [
      ["a,b", "c\nd"],
      ['e "f"', ""],
    ],
  ],
  ["blanks after a quote", '"a" ,b\n"c"\t\n"d" ', [["a", "b"], ["c"], ["d"]]],
  ["quotes within plain cells", 'a"b,c "d"\n', [['a"b', 'c "d"'], [""]]],
  ["a stray quote", 'a\n"b" c",d\n', [["a"], ['b" c', "d"], [""]], 1],
  ["an open quote", 'a\n"b,c\n', [["a"], ["b,c\n"]], 1],
  ["nothing", "", []],
];

test.each(texts)("%s are cut into rows", (_what, text, rows, bad) => {
  expect(strictRows(text, form, { isWhole: true })).toEqual({ rows, bad, end: text.length });
});

test("a text that goes on may end anywhere: its last row waits", () => {
  const whole = '"a","b"\r\n"c ""d""" ,"e\r\nf"\r\n';
  const marks = { delimiter: ",", newline: "\r\n" };
  const all = strictRows(whole, marks, { isWhole: true });
  for (let cut = 0; cut <= whole.length; cut++) {
    const first = strictRows(whole.slice(0, cut), marks, { isWhole: false });
    const rest = strictRows(whole.slice(first.end), marks, { isWhole: true });
    expect(first.bad).toBeUndefined();
    const rows = [...first.rows, ...rest.rows];
    expect(rows.length === 2 ? [...rows, [""]] : rows).toEqual(all.rows);
  }
});

test("a cell of stray quotes before blanks takes no longer than others", async () => {
  const quotes = `${'x"'.repeat(100_000)}${" ".repeat(200_000)}`;
  await folder.write("stray.csv", `a,b\n"${quotes},1\n`);
  const page = await folder.value(readRows, { source: "stray.csv", columns: ["b"] });
  expect(page).toMatchObject({ rows: [["1"]], row_count: 1 });
  expect(JSON.stringify(page["notes"])).toContain("line 2");
});
