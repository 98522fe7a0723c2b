import { expect, test } from "vitest";
import { beginning, cutText, showableJson, toJson } from "../../src/text/text.ts";

test("a text within the limit is left as it is", () => {
  expect(cutText("abc", 3)).toBe("abc");
  expect(beginning("a😀", 3)).toBe("a😀");
});

test("a longer one is cut and says so", () => {
  expect(cutText("abcd", 3)).toBe("abc…");
});

test("no cut leaves half a character", () => {
  expect(cutText("a😀😀", 2)).toBe("a…");
  expect(cutText("a😀😀", 3)).toBe("a😀…");
  expect(beginning("😀", 1)).toBe("");
});

test("JSON holds no half characters, and a backslash that was written stays", () => {
  const value = { whole: "😀", half: "a\ud83d", low: "\udc00b", written: "\\ud83d", both: "\\\ud83d" };
  const expected = { whole: "😀", half: "a\ufffd", low: "\ufffdb", written: "\\ud83d", both: "\\\ufffd" };
  expect(JSON.parse(toJson(value))).toEqual(expected);
  expect(toJson(value).isWellFormed()).toBe(true);
});

test("JSON for a terminal holds no character that it obeys, and means the same", () => {
  const value = { text: "a\u009b31m \u007f \u202ecba\u2066 \u200f\u001b[31m é" };
  const json = showableJson(toJson(value));
  expect(json).not.toMatch(/[^\x20-\x7eé]/);
  expect(json).toContain("\\u009b31m");
  expect(JSON.parse(json)).toEqual(value);
});
