import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJson, encodeJson, releaseJson, sizeOf, type JsonBytes } from "../../src/text/json-bytes.ts";
import type { JsonValue } from "../../src/message.ts";
import { toJson } from "../../src/text/text.ts";

function textOf({ pieces }: JsonBytes): string {
  return Buffer.concat(pieces).toString();
}

test("any value is encoded as it is in one piece", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      const encoded = encodeJson(value as JsonValue, 100);
      expect(textOf(encoded)).toBe(toJson(value));
      expect(decodeJson(encoded)).toEqual(JSON.parse(toJson(value)));
      expect(sizeOf(encoded)).toBe(Buffer.byteLength(toJson(value)));
    }),
  );
});

test.each<[string, JsonValue]>([
  ["a text", 'a"ü\n'.repeat(300_000)],
  ["a text of pairs, cut anywhere", `x${"😀".repeat(300_000)}`],
  ["a text of halves of pairs", "\ud83d".repeat(300_000)],
  ["a list", Array.from({ length: 50_000 }, (_, n) => ({ text: `${n}`, url: "http://a.example/" }))],
  [
    "lists in objects in lists",
    [{ rows: Array.from({ length: 100_000 }, (_, n) => ({ a: n, b: null })), caption: null }],
  ],
  ["a long text in an object", { text: "x".repeat(1_000_000), more: ["y"] }],
])("%s that is large comes in pieces", (_name, value) => {
  const encoded = encodeJson(value, 10);
  expect(textOf(encoded) === toJson(value)).toBe(true);
  expect(encoded.pieces.length).toBeGreaterThan(1);
  for (const { buffer, byteLength } of encoded.pieces) expect(buffer.byteLength).toBe(byteLength);
});

test("what is shown is the value, or the beginning of a longer text, list or object", () => {
  expect(encodeJson("hello", 5)).toMatchObject({ shown: "hello", isCut: false });
  expect(encodeJson("hello!", 5)).toMatchObject({ shown: "hello…", isCut: true });
  expect(encodeJson(["a", "b"], 9)).toMatchObject({ shown: ["a", "b"], isCut: false });
  expect(encodeJson(["a", "b"], 5)).toMatchObject({ shown: '["a",…', isCut: true });
  expect(encodeJson(123_456, 1)).toMatchObject({ shown: 123_456, isCut: false });
  expect(encodeJson(null, 1)).toMatchObject({ shown: null, isCut: false });
});

test("what is released takes no room", () => {
  const encoded = encodeJson("x".repeat(1_000_000), 10);
  releaseJson(encoded);
  expect(sizeOf(encoded)).toBe(0);
});
