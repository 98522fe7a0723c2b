import { afterAll, beforeAll, expect, test } from "vitest";
import { dateFormatsOf, likelyDateFormats } from "../../../src/data/date-formats.ts";
import { notationsOf } from "../../../src/data/number-columns.ts";
import { numberReadings } from "../../../src/data/sql/number-texts.ts";
import { inferType, isKeptByCast, widerType } from "../../../src/data/text/column-types.ts";
import { encodingDoubts } from "../../../src/data/text/doubtful-encoding.ts";
import { hasHeader } from "../../../src/data/text/header.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

/** A pattern that tries all ways to share out a run takes minutes for one of this length: the test would not end. */
const runChars = 250_000;

/** What patterns look for, in long runs, with an end that fits none of them. */
const runs = [
  " ",
  "a",
  "1",
  ",",
  ".",
  "-",
  "0",
  '"',
  '"a',
  '""',
  "\u00a0",
  "\u00e8",
  "\r",
  "\0",
  "1,",
  "1 ",
  " -",
  ".1",
  "$ ",
];
const long = runs.flatMap((run) => {
  const text = run.repeat(runChars / run.length);
  return [text, `${text}x`, `1,2${text}x`, `-${text}1`];
});

test("a long cell is looked at once by everything that tells numbers and dates", () => {
  for (const text of long) {
    const cells = [text, "1,2"];
    expect(inferType(cells)).toBe("VARCHAR");
    expect(isKeptByCast("DOUBLE", cells)).toBe(false);
    expect(widerType("BIGINT", text)).toMatch(/VARCHAR|DOUBLE/);
    expect([...notationsOf(cells), ...numberReadings("v", text)]).toEqual([]);
    expect([...dateFormatsOf(cells), ...likelyDateFormats(text)]).toEqual([]);
    expect(hasHeader(cells, [cells])).toBe(false);
  }
});

test("a long word of Windows-1252 is looked at once, and told by its doubtful part", () => {
  for (const text of long) expect(encodingDoubts("windows-1252", text, "t.csv")).toEqual([]);
  const [problem] = encodingDoubts("windows-1252", `a ${"x".repeat(runChars)}\u00b3${"y".repeat(runChars)} b`, "t.csv");
  expect(problem?.message).toContain(`"${"x".repeat(19)}x\u00b3y${"y".repeat(19)}"`.slice(1, -1));
});

test.each(runs)("a file with long runs of %j is sniffed and read", async (run) => {
  const text = run.repeat(runChars / run.length / 4);
  const files = [`a;b\n1,2${text}x;2\n`, `a,b\n"${text}x",2\n1,2\n`, `${text}x\na,b\n1,2\n`, `a,b\n${text}`];
  for (const content of files) {
    for (const bytes of [Buffer.from(content), Buffer.from(`\u00e8${content}`, "latin1")]) {
      await folder.write("long.csv", bytes);
      const result = await folder.call(readRows, { source: "long.csv" });
      expect(result.ok || /^(unreadable|too_large)$/.test(result.code)).toBe(true);
    }
  }
});
