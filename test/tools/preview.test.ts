import { expect, test } from "vitest";
import { maxPreviewChars, previewRows } from "../../src/tools/preview.ts";

test("rows that fit are shown whole", () => {
  const rows = [[1, "a", null, { b: [1] }]];
  expect(previewRows(rows, { maxRows: 10 })).toEqual({ rows, truncated: false });
});

test("more rows than asked for are cut and said to be", () => {
  expect(previewRows([[1], [2]], { maxRows: 1 })).toEqual({ rows: [[1]], truncated: true });
});

test("long cells are cut with an ellipsis and said to be, objects as their JSON", () => {
  const { rows, truncated } = previewRows([["x".repeat(50)], [{ key: "y".repeat(50) }]], {
    maxRows: 10,
    maxCellChars: 10,
  });
  expect(rows).toEqual([["xxxxxxxxxx…"], ['{"key":"yy…']]);
  expect(truncated).toBe(true);
});

test("a cut never splits a surrogate pair", () => {
  const { rows } = previewRows([["a😀😀"]], { maxRows: 1, maxCellChars: 2 });
  expect(rows).toEqual([["a…"]]);
});

test("the whole preview stays within its limit", () => {
  const rows = Array.from({ length: 1_000 }, () => ["z".repeat(900)]);
  const preview = previewRows(rows, { maxRows: 1_000 });
  expect(JSON.stringify(preview.rows).length).toBeLessThanOrEqual(maxPreviewChars + 2);
  expect(preview.truncated).toBe(true);
  expect(preview.rows.length).toBeGreaterThan(40);
});
