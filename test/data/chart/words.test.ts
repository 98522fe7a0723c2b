import { expect, test } from "vitest";
import { naturalOrder } from "../../../src/data/chart/words.ts";

test.each([
  [
    ["10-19", "0-9", "100+"],
    ["0-9", "10-19", "100+"],
  ],
  [
    ["Q2", "Q10", "Q1"],
    ["Q1", "Q2", "Q10"],
  ],
])("%j have an order of their own", (labels, sorted) => {
  expect(labels.toSorted(naturalOrder(labels))).toEqual(sorted);
});

test("codes of digits have none: they are sorted by what is drawn", () => {
  expect(naturalOrder(["0042", "0007", "1234"])).toBeUndefined();
});
