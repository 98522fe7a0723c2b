import { expect, test } from "vitest";
import { lenientRecords } from "../../../src/data/text/lenient-records.ts";

const options = { delimiter: ",", width: 2, skip: 0, header: true, shown: "f.csv", onPadding: () => undefined };

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Uint8Array, size = 60_001) {
  return await Array.fromAsync(lenientRecords(cut(Buffer.from(text), size), options));
}

/** One of everything that may go on beyond what is decoded at once. */
function piece(index: number): { text: string; cells: string[]; lines: number; codes: string[] } {
  const filler = "é".repeat(index % 50);
  switch (index % 5) {
    case 0:
      return { text: `${index},${filler}\n`, cells: [`${index}`, filler], lines: 1, codes: [] };
    case 1:
      return {
        text: `${index},"a\r\n${filler}\n""b"""\r\n`,
        cells: [`${index}`, `a\r\n${filler}\n"b"`],
        lines: 3,
        codes: [],
      };
    case 2:
      return { text: `${index}\r`, cells: [`${index}`], lines: 1, codes: [] };
    case 3:
      return {
        text: `${index},"${filler}\n`,
        cells: [`${index}`, `"${filler}`],
        lines: 1,
        codes: ["unterminated_quote"],
      };
    default:
      return { text: `${index},x,y,${filler}\r\n`, cells: [`${index}`, "x", "y", filler], lines: 1, codes: [] };
  }
}

test("rows are the same wherever the text is cut into pieces", async () => {
  const pieces = Array.from({ length: 20_000 }, (_, index) => piece(index));
  const records = await read(`\ufeffid,v\n${pieces.map(({ text }) => text).join("")}`);
  const found = records.map(({ cells, problems }) => ({ cells, codes: problems.map(({ code }) => code) }));
  expect(found).toEqual(
    // a delimiter after the last cell, where that cell is empty, begins no other
    pieces.map(({ cells, codes }) => ({
      cells: cells.length === 3 && cells[2] === "" ? cells.slice(0, 2) : cells,
      codes,
    })),
  );
  let line = 2;
  for (const [index, record] of records.entries()) {
    expect(record.line).toBe(line);
    line += pieces[index]?.lines ?? 0;
  }
});

test("a file of which each line opens a quote for nothing is read line by line", async () => {
  const records = await read(`id,v\n${'"6" screw,1\n'.repeat(20_000)}`);
  expect(records).toHaveLength(20_000);
  expect(records.at(-1)).toMatchObject({ line: 20_001, cells: ['"6" screw', "1"] });
});

test("lines that are not UTF-8 are told wherever they are", async () => {
  const line = Buffer.from("1,caf\u00e9\n", "latin1");
  const records = await read(Buffer.concat([Buffer.from("id,v\n"), ...Array.from({ length: 60_000 }, () => line)]));
  expect(records).toHaveLength(60_000);
  expect(records.every(({ cells }) => cells[1] === "caf\u00e9")).toBe(true);
  expect(records.every(({ problems }) => problems[0]?.code === "not_utf8")).toBe(true);
});
