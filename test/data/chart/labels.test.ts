import { expect, test } from "vitest";
import { distinctLabels } from "../../../src/data/chart/labels.ts";
import { roughWidth } from "../../../src/data/chart/words.ts";

const widthPx = 210;

const shared = "Department of Administrative Affairs and Public Infrastructure of the";

test.each([
  ["differ at their ends", ["section 1", "section 2", "section 13"].map((end) => `${shared} ${end}`)],
  [
    "differ in their middle",
    ["Northern", "Southern"].map((middle) => `${shared} ${middle} Provinces of the Federal Republic, all sections`),
  ],
  ["are in a script without spaces", ["東", "西"].map((end) => `${"東京都新宿区西新宿".repeat(4)}${end}`)],
  ["are the same but for a blank", [`${shared} x`, ` ${shared} x`, `${shared} x `]],
  ["are addresses", ["a", "b"].map((page) => `https://www.example.com/articles/2024/with/a/long/path/${page}.html`)],
])("long names that %s stay distinct, and fit", (_what, names) => {
  const labels = distinctLabels(names, widthPx);
  expect(new Set(labels).size).toBe(names.length);
  for (const label of labels) expect(roughWidth(label, 12)).toBeLessThanOrEqual(widthPx);
});

test("what tells names apart is shown, after a little of what they share", () => {
  const names = ["Northern", "Southern"].map((middle) => `${shared} ${middle} Provinces of the Federal Republic, all`);
  expect(distinctLabels(names, widthPx)).toEqual([
    "Department o…Northern Provinces o…",
    "Department o…Southern Provinces o…",
  ]);
});

test("short names stay what they are, and those that are none get one", () => {
  expect(distinctLabels(["Ada", null, "", "Ada\n", "constructor"], widthPx)).toEqual([
    "Ada",
    "(no value)",
    "(empty)",
    "Ada (2)",
    "\u200bconstructor",
  ]);
});
