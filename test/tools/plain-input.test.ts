import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { inputJsonSchema, parseInput } from "../../src/tools/schema.ts";
import { readPlainInput } from "../../src/tools/plain-input.ts";

const input = z.object({
  source: z.string().min(1).max(5),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).max(10).default(5),
  columns: z.array(z.string()).min(1).max(3).optional(),
  exact: z.boolean().optional(),
});
const schema = inputJsonSchema("lab", input);
const reader = { name: "lab", input, schema };

describe("an input that is valid as it was sent", () => {
  test.each([
    [{ source: "a" }, { source: "a", offset: 0, limit: 5 }],
    [
      { source: "a", limit: 10, columns: ["x"], exact: false },
      { source: "a", offset: 0, limit: 10, columns: ["x"], exact: false },
    ],
  ])("%j is read with its defaults", (sent, read) => {
    expect(readPlainInput(schema, sent)).toEqual(read);
  });

  test("is read as zod reads it, and every other is left to zod", () => {
    const value = fc.oneof(
      fc.constantFrom("a", "", "toolong", "7", "[]", null, true, 0, 1, 5, 10, 11, -1, 1.5, 2 ** 60),
      fc.array(fc.constantFrom("x", "", 1, null), { maxLength: 4 }),
      fc.jsonValue(),
    );
    const sent = fc.record(
      {
        source: fc.oneof(fc.constant("a"), value),
        offset: value,
        limit: value,
        columns: value,
        exact: value,
        other: value,
      },
      { requiredKeys: ["source"] },
    );
    fc.assert(
      fc.property(sent, (given) => {
        const read = readPlainInput(schema, given);
        expect(read).toEqual(read && parseInput(reader, given));
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ["nothing", undefined],
  ["a list", []],
  ["a text", "{}"],
  ["an unknown argument", { source: "a", sorce: "b" }],
  ["a null", { source: "a", limit: null }],
  ["a number as text", { source: "a", limit: "7" }],
  ["a value out of range", { source: "a", limit: 11 }],
  ["a text that is too long", { source: "abcdef" }],
  ["a list that is too long", { source: "a", columns: ["1", "2", "3", "4"] }],
])("%s is left to zod", (_name, sent) => {
  expect(readPlainInput(schema, sent)).toBeUndefined();
});

test("a type that JSON Schema says more of than this reader knows is left to zod", () => {
  const mode = inputJsonSchema("lab", z.object({ mode: z.enum(["a", "b"]), url: z.url() }));
  expect(readPlainInput(mode, { mode: "a", url: "http://x" })).toBeUndefined();
});
