import { expect, test } from "vitest";
import { digitsWithin, numberLabel, rangeLabel, shortNumber, shortNumbers } from "../../../src/data/chart/numbers.ts";

test.each([
  [0, "0"],
  [-7.25, "−7.25"],
  [-1.5e-7, "−1.5e−7"],
  [999.96, "1,000"],
  [1_234.4, "1,234"],
  [12_345, "12.3k"],
  [999_900, "1M"],
  [0.000_012_3, "1.2e−5"],
  [1.7e23, "1.7e23"],
])("%d is short as %s", (value, label) => {
  expect(shortNumber(value)).toBe(label);
});

test.each([
  [
    [12.4, 8.1, 5],
    ["12.4", "8.1", "5"],
  ],
  [
    [1_234_567, 1_234_890, 1_229_999],
    ["1.2346M", "1.2349M", "1.2300M"],
  ],
  [
    [174_120, 174_160, 174_120],
    ["174.1k", "174.2k", "174.1k"],
  ],
  [
    [1_234.5, 1_234.6, 5],
    ["1,234.5", "1,234.6", "5.0"],
  ],
  [
    [1e6 + 1, 1e6 + 2, 7e15],
    ["1.000001M", "1.000002M", "7.00000e15"],
  ],
  [
    [3.11e-9, 3.14e-9],
    ["3.11e−9", "3.14e−9"],
  ],
])("%j are told apart, all with as many digits", (values, labels) => {
  expect(shortNumbers(values)).toEqual(labels);
});

test("numbers that stand for categories are whole, however long", () => {
  expect([1_234_567, 1_234_568, 1_000.5, 0.000_05, 1.5e18].map((value) => numberLabel(value, "Id"))).toEqual([
    "1,234,567",
    "1,234,568",
    "1,000.5",
    "0.00005",
    "1.5e18",
  ]);
});

test.each([
  [0, 99_999, 100_000, "0 – 100k"],
  [1_234_000, 1_234_199, 200, "1.234M – 1.2342M"],
  [0.1 + 0.2, 0.4, 0.1, "0.3 – 0.4"],
])("a range from %d to %d is called what no other one is", (from, to, step, label) => {
  expect(rangeLabel(from, to, step)).toBe(label);
});

test.each([
  [0, 446, 3],
  [114, 446, 3],
  [1_234_000, 1_234_015, 7],
  [5, 5, 3],
])("numbers from %d to %d take %d digits", (low, high, digits) => {
  expect(digitsWithin(low, high)).toBe(digits);
});
