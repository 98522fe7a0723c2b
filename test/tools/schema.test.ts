import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ToolError } from "../../src/errors.ts";
import { inputJsonSchema, outputJsonSchema, parseInput } from "../../src/tools/schema.ts";

const input = z.object({
  urls: z.array(z.string()).min(1).max(10),
  select: z.array(z.object({ name: z.string(), many: z.boolean().optional() })).optional(),
  concurrency: z.number().int().min(1).max(256).default(64),
  mode: z.enum(["fast", "slow"]).default("fast"),
  verbose: z.boolean().default(false),
});

const reader = { name: "lab", input, schema: inputJsonSchema("lab", input) };
const read = (sent: unknown) => parseInput(reader, sent);

describe("a schema for every client", () => {
  test("it is a plain object with defaults and bounds in keywords and in the description", () => {
    const schema = inputJsonSchema("lab", input);
    expect(schema).toMatchObject({
      type: "object",
      required: ["urls"],
      properties: {
        urls: { type: "array", items: { type: "string" }, description: "1 to 10 items" },
        concurrency: { type: "integer", minimum: 1, maximum: 256, default: 64, description: "default 64; 1 to 256" },
      },
    });
    expect(JSON.stringify(schema)).not.toMatch(/\$schema|additionalProperties|9007199254740991/);
  });

  test.each([
    ["a union", z.object({ a: z.union([z.string(), z.number()]) })],
    ["a nullable", z.object({ a: z.string().nullable() })],
    ["a record", z.object({ a: z.record(z.string(), z.string()) })],
    ["a tuple", z.object({ a: z.tuple([z.string(), z.number()]) })],
    ["a nested union", z.object({ a: z.array(z.object({ b: z.union([z.string(), z.number()]) })) })],
    ["the name self", z.object({ self: z.string() })],
    ["the name schema", z.object({ schema: z.string() })],
    ["camelCase", z.object({ maxTurns: z.number() })],
  ])("%s is refused", (_name, bad) => {
    expect(() => inputJsonSchema("lab", bad)).toThrow(TypeError);
  });

  test("of a result only its status is required, at any depth", () => {
    const schema = outputJsonSchema(
      z.object({ rows: z.array(z.array(z.unknown())), failures: z.array(z.object({ url: z.string() })) }),
    );
    expect(schema["required"]).toEqual(["status"]);
    expect(JSON.stringify(schema["properties"])).not.toContain("required");
  });

  test("of a result a recursive type is left open instead of pointing nowhere", () => {
    const schema = outputJsonSchema(z.object({ rows: z.array(z.array(z.json())) }));
    expect(schema["properties"]).toMatchObject({ rows: { items: { items: {} } } });
    expect(JSON.stringify(schema)).not.toContain("$ref");
  });
});

test("fields of a result may be named like keywords", () => {
  const { properties } = outputJsonSchema(z.object({ required: z.boolean(), minimum: z.number(), items: z.string() }));
  expect(Object.keys(properties as object)).toEqual(["status", "required", "minimum", "items"]);
});

describe("input is read leniently where nothing is lost", () => {
  test.each([
    [
      "null for omitted optionals",
      { urls: ["a"], select: null, mode: null, concurrency: null },
      { urls: ["a"], concurrency: 64 },
    ],
    [
      "null inside a list of objects",
      { urls: ["a"], select: [{ name: "n", many: null }] },
      { select: [{ name: "n" }] },
    ],
    ["null for an unknown argument", { urls: ["a"], unknown: null }, { urls: ["a"] }],
    ["a number as text", { urls: ["a"], concurrency: " 7 " }, { concurrency: 7 }],
    ["a boolean as text", { urls: ["a"], verbose: "true" }, { verbose: true }],
    ["a list as JSON text", { urls: '["a","b"]' }, { urls: ["a", "b"] }],
    ["a lone text for a list of texts", { urls: "a" }, { urls: ["a"] }],
    ["a number for a text", { urls: [5] }, { urls: ["5"] }],
    ["objects as JSON text", { urls: ["a"], select: '[{"name":"n"}]' }, { select: [{ name: "n" }] }],
    ["everything as JSON text", '{"urls":["a"]}', { urls: ["a"] }],
  ])("%s", (_name, sent, expected) => {
    expect(read(sent)).toMatchObject(expected);
  });
});

describe("and strictly everywhere else, naming every argument at fault", () => {
  test.each([
    [undefined, /urls/],
    [{ urls: null }, /urls/],
    [{ urls: [] }, /urls/],
    [{ urls: ["a"], concurrency: 0 }, /concurrency/],
    [{ urls: ["a"], concurrency: "seven" }, /concurrency/],
    [{ urls: ["a"], concurrency: 1.5 }, /concurrency/],
    [{ urls: ["a"], mode: "zzz" }, /mode.*fast/],
    [{ urls: ["a"], concurency: 3 }, /concurency: unknown argument.*takes urls/],
    [{ urls: ["a"], select: [{ name: "n", bogus: 1 }] }, /select\[0\]\.bogus/],
    [{ urls: ["a"], __proto__: { polluted: 1 }, constructor: 1 }, /constructor/],
    [[], /expected object/],
    [7, /expected object/],
  ])("%j", (sent, message) => {
    expect(() => read(sent)).toThrow(ToolError);
    expect(() => read(sent)).toThrow(message);
  });
});

test("whatever is sent, reading ends in a value or in invalid_input", () => {
  fc.assert(
    fc.property(fc.anything(), (sent) => {
      expect(["read", "invalid_input"]).toContain(outcomeOf(sent));
    }),
  );
});

function outcomeOf(sent: unknown): unknown {
  try {
    read(sent);
    return "read";
  } catch (thrown) {
    return thrown instanceof ToolError ? thrown.code : thrown;
  }
}
