import { expect, test } from "vitest";
import { inferType, isKeptByCast } from "../../../src/data/text/column-types.ts";
import { sniffDialect } from "../../../src/data/text/dialect.ts";

function sniff(content: string | Uint8Array, complete = true, shown = "t.csv") {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return sniffDialect({ shown, bytes, complete });
}

test.each([
  ["a,b\n1,2\n", ","],
  ["a;b\n1,5;2,5\n", ";"],
  ["a\tb\n1\t2\n", "\t"],
  ["a|b\n1|2\n", "|"],
  ['a;b\n"x,y";2\n', ";"],
  ["just one column\nx, y\nz\n", ","],
  ["name;price\nx;1,50\ny;2,50\n", ";"],
  ["Datum;Soll;Haben;Saldo\n01.02.2024;1,00;2,00;3,00\n02.02.2024;1,00;2,00;3,00\n", ";"],
  ["Artikel;Umsatz\nA;1.746.100,96\nB;1.000,00\n", ";"],
  ["id;note\n1;first, of all\n2;then, again\n", ";"],
  ["id\tnote\n1\tfirst, of all\n2\tthen, again\n", "\t"],
  ["1,5;2,5;3,5\n4,5;5,5;6,5\n", ";"],
  ["a,b\n1;2,3\n4;5,6\n", ","],
  ["a||b||c\n1||2||x\n3||||\n", "||"],
  ["a||b\n1||2\n3\n", "||"],
  ["a|~|b\n1|~|2\n", "|~|"],
  ["a||b|c\n1||2|3\n", "|"],
  ["a,,b\n1,,2\n", ","],
  ["a::b\n1::2\n", "::"],
  ["sep=::\na::b\n1|2::3\n", "::"],
])("%j is delimited by %j", (content, delimiter) => {
  expect(sniff(content).delimiter).toBe(delimiter);
});

test.each(['"sep=;"', "sep=; ", "SEP=;"])("the line %j tells the delimiter, and is no row", (line) => {
  expect(sniff(`${line}\r\na;b,c\r\n1;2,3\r\n`)).toMatchObject({ delimiter: ";", skip: 1, columns: ["a", "b,c"] });
});

const statement = "Account,12345\nPeriod,Oct 2026\n\nDate,Description,Amount,Balance\n";

test.each([
  [`${statement}2026-10-01,Coffee,-3.50,96.50\n2026-10-02,Pay,1000.00,1096.50\n`, 3],
  [`${statement}2026-10-01,"Coffee, black",-3.50,96.50\n`, 3],
  ['"Konto";"DE12"\n""\n"Stand vom 01.11.:";"1.234,56"\n\n"Tag";"Wer";"Betrag";\n"01.11.26";"ACME";"-12,34";\n', 4],
  ["name,city\nAda,Paris,x\nBob,Rome,y\nCid,Bonn,z\n", 0],
  ["a,b\n1,2,3\n4,5,6\n7,8,9\n", 0],
  ["k,v\na,1\nb,2\nn,w,z\n2,3,4\n3,4,5\n", 0],
])("above the table of %j stand %d lines", (content, skip) => {
  expect(sniff(content).skip).toBe(skip);
});

test("a name ending in .tsv decides for tabs", () => {
  expect(sniff("a,b\n1,2\n", true, "x.tsv.gz").delimiter).toBe("\t");
});

test.each([
  ["a,b\n1,2\n", true],
  ["name,city\nAda,Paris\n", true],
  ["1,2\n3,4\n", false],
  ["2026-01-01,x\n2026-01-02,y\n", false],
  ["country,2019,2020\nFrance,1,2\n", true],
  ["2019,2020,2021\n1,2,3\n4,5,6\n", true],
  [",2019,2020\nFrance,1,2\n", true],
  ["2019,2020\n2021,2022\n", false],
  ["2020,2019\n1,2\n", false],
  ["2019,5\n2020,6\n", false],
  ["2019,2020\n2021,5\n7,8\n", false],
  ["2019,2020\n1,2\n1999,4\n5,2001\n", true],
  [",x,y\n0,1,2\n", true],
  [",name,city\n0,Ada,Paris\n1,Bob,Rome\n", true],
  [",Ada,Paris\n,Bob,Rome\n", false],
])("%j has a header: %j", (content, header) => {
  expect(sniff(content).header).toBe(header);
});

test("names are trimmed, unique and never empty", () => {
  expect(sniff("a, A ,,a,b\nx,y,z,v,1\n").columns).toEqual(["a", "A_1", "column2", "a_2", "b"]);
});

test.each([
  ["UTF-8", Buffer.from("naïve,b\n1,2\n"), "utf-8"],
  ["UTF-8 cut inside a character", Buffer.from("x,b\n1,ï").subarray(0, 7), "utf-8"],
  ["UTF-16 with a mark", Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"), "utf-16le"],
  ["UTF-16 without one", Buffer.from("a,b\n1,2\n", "utf16le"), "utf-16le"],
  ["big-endian UTF-16", Buffer.from("\uFEFFa,b\n1,2\n", "utf16le").swap16(), "utf-16be"],
  ["Latin-1", Buffer.from("näme,b\nÄrger,2\n", "latin1"), "windows-1252"],
])("recognises %s", (_, bytes, encoding) => {
  expect(sniff(bytes, false).encoding).toBe(encoding);
});

test.each([
  ["a NUL in a cell", "a,b\n1,x\0\n", ["x\0"]],
  ["a NUL and lines of an even length", "a,b\n\0,2\n", ["2"]],
  ["a NUL that could be half of a character", "a\0,b\n1,2", ["2"]],
  ["zeros after its rows", `a,b\n1,x\n${"\0".repeat(100)}`, ["x"]],
])("a short text with %s is text", (_, content, second) => {
  const { encoding, sample } = sniff(content);
  expect(encoding).toBe("utf-8");
  expect(sample.map((row) => row[1])).toEqual(second);
});

test.each([
  ["a character with a zero on the other side", Buffer.from("\u0100,b\n1,2\n", "utf16le"), "utf-16le"],
  ["few characters of ASCII", Buffer.from("\u59d3\u540d,\u91d1\u989d\n\u738b,1\n", "utf16le"), "utf-16le"],
  ["no line end", Buffer.from("a,b", "utf16le").swap16(), "utf-16be"],
])("recognises short UTF-16 without a mark with %s", (_, bytes, encoding) => {
  expect(sniff(bytes).encoding).toBe(encoding);
});

/** Numbers of 16 bits: half of their bytes are zeros, as in UTF-16. */
const wholeNumbers = Buffer.from(Uint16Array.from({ length: 500 }, (_, index) => (index * 7) % 256).buffer);

test.each([
  ["a PNG picture", "89504e470d0a1a0a0000000d49484452"],
  ["a JPEG picture", "ffd8ffe000104a464946000101"],
  ["a program", "7f454c46020101000000"],
  ["an Arrow file", "4152524f5731000010"],
  ["a NumPy file", "934e554d5059010076"],
  ["a NumPy file", Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), wholeNumbers]).toString("hex")],
  ["a WAV recording", Buffer.concat([Buffer.from("RIFF\x24\0\0\0WAVEfmt "), wholeNumbers]).toString("hex")],
  ["a ZIP archive", Buffer.concat([Buffer.from("PK\x03\x04"), wholeNumbers]).toString("hex")],
  ["a binary file", wholeNumbers.toString("hex")],
  ["a binary file", Buffer.from(wholeNumbers).swap16().toString("hex")],
  ["a binary file", Buffer.from("GIF89a\x10\0\x10\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0", "latin1").toString("hex")],
  ["a binary file", Buffer.from("AB\0\0CD\0\0EF\0\0GH", "latin1").toString("hex")],
  ["a binary file", "00".repeat(64)],
])("refuses %s as what it is", (what, hex) => {
  const message = `'t.csv' is ${what}, not text; save its table as CSV, JSON or Parquet`;
  expect(() => sniff(Buffer.from(hex, "hex"))).toThrow(expect.objectContaining({ code: "unreadable", message }));
});

test.each([
  ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 2, 3])],
  ["Greek of one byte a letter", Buffer.from("\xea\xe1\xeb\xe7\xec\xdd\xf1\xe1 \xea\xfc\xf3\xec\xe5\n", "latin1")],
  ["an open quote to the end of the head", Buffer.from(`"${"x".repeat(1_000)}`)],
])("refuses %s", (_, bytes) => {
  expect(() => sniff(bytes, false)).toThrow(expect.objectContaining({ code: "unreadable" }));
});

test.each([
  [["1", "-2", ""], "BIGINT"],
  [["007", "1"], "VARCHAR"],
  [["0", "-0"], "BIGINT"],
  [["+1", "2"], "VARCHAR"],
  [["1", "1.5"], "DOUBLE"],
  [["1e+5", "nan", ".5", "5."], "DOUBLE"],
  [["12E5", "7712"], "VARCHAR"],
  [["1.5E5", "2e-3"], "DOUBLE"],
  [["1.1", "1.10"], "VARCHAR"],
  [["1", "1.0", "2.50", "3.25"], "DOUBLE"],
  [["99999999999999999999", "1"], "HUGEINT"],
  [["9007199254740993", "1.5"], "VARCHAR"],
  [["0.1", "0.30000000000000004"], "DOUBLE"],
  [["1.234499999999999931e+00", "0.1000000000000000055511151231257827"], "DOUBLE"],
  [["12345678901234567.89"], "VARCHAR"],
  [["1", "n/a"], "VARCHAR"],
  [["."], "VARCHAR"],
  [["2026-01-01"], "DATE"],
  [["01/02/2026"], "VARCHAR"],
  [["2026-01-01 10:00", "2026-01-01T10:00:00.123456"], "TIMESTAMP"],
  [["2026-01-01 10:00:00.123456789"], "VARCHAR"],
  [["2026-01-01T10:00:00Z", "2026-01-01T10:00:00+02:00"], "TIMESTAMP WITH TIME ZONE"],
  [["2026-01-01 10:00:00", "2026-01-01 24:00:00"], "VARCHAR"],
  [["2026-01-01T24:00:00Z"], "VARCHAR"],
  [["10:00:00"], "TIME"],
  [["true", "FALSE"], "BOOLEAN"],
  [["yes", "no"], "VARCHAR"],
  [["9".repeat(40)], "VARCHAR"],
  [["", " "], "VARCHAR"],
])("a column with cells %j is %s", (cells, type) => {
  expect(inferType(cells)).toBe(type);
});

test("a date of the year 0 is not kept by its type, with blanks before it either", () => {
  expect(isKeptByCast("DATE", ["0000-01-01"])).toBe(false);
  expect(isKeptByCast("DATE", [" 0000-01-01"])).toBe(false);
  expect(isKeptByCast("DATE", [" 2026-01-01"])).toBe(true);
});

test.each([
  ["1,5;6\n2,7;8\n", ";", ","],
  ["a,b;c\n1,5;6\n", ",", ";"],
])("%j is told to be delimited by %j, and perhaps by %j", (content, taken, other) => {
  const { delimiter, problems } = sniff(content);
  expect(delimiter).toBe(taken);
  const message = `'t.csv' is read as delimited by "${taken}", and "${other}" would cut all its rows alike too; if that is what delimits them, write sep= and "${other}" as a line above them`;
  expect(problems).toEqual([{ line: 0, code: "doubtful_delimiter", message }]);
  expect(sniff(`sep=${other}\n${content}`)).toMatchObject({ delimiter: other, problems: [] });
});

test.each(["a;b\n1,5;6\n2,7;8\n", "name,note\nx,a;b\ny,c\n", "1,2\n3,4\n"])(
  "%j is delimited beyond doubt",
  (content) => {
    expect(sniff(content).problems).toEqual([]);
  },
);
