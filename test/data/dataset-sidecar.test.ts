import { expect, test } from "vitest";
import { parseSidecar } from "../../src/data/dataset-sidecar.ts";

const whole = {
  format: "parquet",
  columns: [{ name: "n", type: "BIGINT" }],
  rowCount: 2,
  createdAt: "2026-11-28T12:00:00.000Z",
  origin: { tool: "query_data", sql: "select 1" },
};

test("a sidecar is read as it was written, and what is not known is left out", () => {
  expect(parseSidecar(JSON.stringify(whole))).toEqual(whole);
  expect(parseSidecar(JSON.stringify({ ...whole, unfinished: true, more: 1 }))).toEqual({ ...whole, unfinished: true });
  expect(parseSidecar(JSON.stringify({ ...whole, unfinished: false })).unfinished ?? false).toBe(false);
});

test.each([
  ["format", "csv"],
  ["columns", "n"],
  ["columns", [{ name: "n" }]],
  ["columns", [null]],
  ["rowCount", -1],
  ["rowCount", 1.5],
  ["rowCount", "2"],
  ["createdAt", "yesterday"],
  ["createdAt", "2026-13-01T12:00:00Z"],
  ["origin", []],
  ["unfinished", "yes"],
])("a sidecar with another kind of %s is refused: %j", (field, value) => {
  expect(() => parseSidecar(JSON.stringify({ ...whole, [field]: value }))).toThrow(`its ${field} cannot be read`);
});

test.each(["", "{", "null", "[]", "1"])("%j is no sidecar", (text) => {
  expect(() => parseSidecar(text)).toThrow(/JSON|cannot be read/);
});
