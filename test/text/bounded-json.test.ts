import fc from "fast-check";
import { expect, test } from "vitest";
import { boundedJson, isLongerThan } from "../../src/text/bounded-json.ts";
import { beginning, toJson } from "../../src/text/text.ts";

test("is the beginning of the JSON, whatever the value and the limit are", () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 4, withDate: true }), fc.integer({ min: 0, max: 200 }), (value, maxChars) => {
      const whole = toJson(value);
      expect(boundedJson(value, maxChars)).toEqual({
        text: beginning(whole, maxChars),
        isCut: whole.length > maxChars,
      });
      expect(isLongerThan(value, maxChars) && whole.length <= maxChars).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("reads nothing behind what is wanted", () => {
  const unread = {
    toJSON: () => {
      throw new Error("it was read");
    },
  };
  const value = { list: ["a".repeat(50), unread], text: unread };
  expect(boundedJson(value, 20)).toEqual({ text: '{"list":["aaaaaaaaaa', isCut: true });
  expect(boundedJson({ ["k".repeat(50)]: unread }, 5)).toEqual({ text: '{"kkk', isCut: true });
  expect(isLongerThan(value, 20)).toBe(true);
});

test("a character is cut whole", () => {
  expect(boundedJson({ a: "😀😀" }, 9)).toEqual({ text: '{"a":"😀', isCut: true });
});
