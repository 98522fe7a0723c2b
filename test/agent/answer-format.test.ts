import { describe, expect, test } from "vitest";
import { openMemoryStore } from "../../src/session/memory.ts";
import { call, problemsOf, scripted } from "../support/agent-fixtures.ts";

const outputSchema = {
  type: "object",
  properties: { city: { type: "string" }, total: { type: "integer", minimum: 1 } },
  required: ["city", "total"],
  additionalProperties: false,
};

function tellsOfPattern(message: unknown): string {
  return /sku: [^;]*pattern/.test(JSON.stringify(message)) ? "OK-0001" : "no";
}

describe("an answer by a schema", () => {
  test("is asked for, and is in the result as a value", async () => {
    const agent = scripted([
      { tool_calls: [call("add", { a: 1, b: 2 })] },
      ({ output }) => JSON.stringify({ city: String(output?.schema["type"]), total: 3 }),
    ]);
    const result = await agent.complete({ prompt: "go", outputSchema });
    expect(result).toMatchObject({ exit_reason: "finished", output: { city: "object", total: 3 } });
  });

  test("may stand in a fence", async () => {
    const result = await scripted(['```json\n{"city": "Lyon", "total": 3}\n```']).complete({
      prompt: "go",
      outputSchema,
    });
    expect(result.output).toEqual({ city: "Lyon", total: 3 });
  });

  const fence = '```json\n{"city": "Lyon", "total": 3}\n```';

  test.each([
    ["before it", `Here it is:\n\n${fence}`],
    ["around it", `Here it is:\n${fence}\nAsk me for more.`],
    ["around it and code", `I ran\n\`\`\`sh\nls {a}\n\`\`\`\nand found:\n${fence}`],
    ["before one without a name", `So:\n${fence.replace("json", "")}`],
  ])("may stand in a fence, with words %s", async (_where, text) => {
    const result = await scripted([text]).complete({ prompt: "go", outputSchema });
    expect(result).toMatchObject({ turns: 1, output: { city: "Lyon", total: 3 } });
  });

  test("in two fences is not chosen from", async () => {
    const text = `${fence}\nor\n${fence.replace("3", "4")}`;
    const result = await scripted([text, '{"city": "Lyon", "total": 4}']).complete({ prompt: "go", outputSchema });
    expect(result).toMatchObject({ turns: 2, output: { total: 4 } });
  });

  test("that does not fit is repaired: the model is told what is wrong", async () => {
    const store = openMemoryStore();
    const agent = scripted(
      [
        "Lyon sold three.",
        '{"city": "Lyon", "total": 0, "country": "FR"}',
        ({ messages }) => JSON.stringify({ city: JSON.stringify(messages.at(-1)), total: 3 }),
      ],
      { store },
    );
    const result = await agent.complete({ prompt: "go", outputSchema, sessionId: "s" });
    expect(result).toMatchObject({ exit_reason: "finished", turns: 3 });
    expect(JSON.stringify(result.output)).toMatch(/total: .*country/);
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
  });

  test("is repaired twice and no more", async () => {
    const result = await scripted(["a", "b", "c", "d"]).complete({ prompt: "go", outputSchema });
    expect(result).toMatchObject({ exit_reason: "error", turns: 3, error: { code: "unreadable" } });
    expect(result.error?.message).toMatch(/after 2 repairs: it is not JSON/);
    expect(result.output).toBeUndefined();
  });

  test.each([
    ["no object", { type: "array" }, /must be a JSON Schema with "type": "object"/],
    ["a type that there is not", { type: "object", properties: { a: { type: "nonsense" } } }, /nonsense/],
    ["what is far too long", { type: "object", title: "x".repeat(60_000) }, /longer than 50000/],
  ])("of a schema that is %s is refused before anything is stored", async (_what, schema, message) => {
    const store = openMemoryStore();
    const running = scripted(["x"], { store }).complete({ prompt: "go", outputSchema: schema, sessionId: "s" });
    await expect(running).rejects.toThrow(message);
    expect(await store.load("s")).toBeUndefined();
  });

  const defs = { $defs: { text: { type: "string" } }, type: "object" };
  const loop = { a: { $ref: "#/$defs/b" }, b: { allOf: [{ $ref: "#/$defs/a" }] } };
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`d${at}`, { allOf: [1, 2].map(() => ({ $ref: `#/$defs/d${at + 1}` })) }]),
  );

  test.each([
    ["required names alone", { type: "object", required: ["total"] }, {}, { total: 1 }],
    ["allOf", { type: "object", allOf: [{ required: ["b"] }] }, { a: 1 }, { b: 1 }],
    [
      "anyOf beside properties",
      { properties: { a: { type: "number" } }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      { c: 1 },
      { b: 1 },
    ],
    [
      "what stands beside a $ref",
      { ...defs, properties: { a: { $ref: "#/$defs/text", minLength: 3 } } },
      { a: "no" },
      { a: "yes" },
    ],
    ["limits without a type", { type: "object", properties: { a: { minimum: 2 } } }, { a: 1 }, { a: 2 }],
    ["lengths without a type", { type: "object", properties: { a: { minLength: 2 } } }, { a: "x" }, { a: "xy" }],
    ["not", { type: "object", not: { required: ["a"] } }, { a: 1 }, { b: 1 }],
    ["if and then", { type: "object", if: { required: ["a"] }, then: { required: ["b"] } }, { a: 1 }, { a: 1, b: 1 }],
    ["distinct items", { properties: { a: { uniqueItems: true } } }, { a: [1, 1] }, { a: [1, 2] }],
  ])("is held to %s", async (_what, schema, wrong, right) => {
    const agent = scripted([JSON.stringify(wrong), JSON.stringify(right)]);
    const result = await agent.complete({ prompt: "go", outputSchema: schema });
    expect(result).toMatchObject({ turns: 2, exit_reason: "finished", output: right });
  });

  test.each([
    ["leads nowhere", { ...defs, properties: { a: { $ref: "#/$defs/number" } } }, /nothing at \$ref #\/\$defs\/number/],
    [
      "leads out of it",
      { ...defs, properties: { a: { $ref: "http://other/schema" } } },
      /must be in the schema itself/,
    ],
    ["leads back to itself", { $defs: loop, type: "object", properties: { a: { $ref: "#/$defs/a" } } }, /without end/],
    [
      "doubles without end",
      { $defs: { ...doubling, d40: {} }, type: "object", allOf: [{ $ref: "#/$defs/d0" }] },
      /far too often/,
    ],
    ["is no list where one is due", { type: "object", required: true }, /required is true; it must be a list of names/],
  ])("of a schema that %s is refused", async (_what, schema, message) => {
    const running = scripted(["{}"]).complete({ prompt: "go", outputSchema: schema });
    await expect(running).rejects.toThrow(message);
  });

  test("may be of a schema that holds itself", async () => {
    const schema = {
      type: "object",
      properties: { next: { anyOf: [{ type: "null" }, { $ref: "#" }] }, type: { enum: ["a"] } },
      required: ["next"],
    };
    const agent = scripted(['{"next":{"next":{}}}', '{"next":{"next":null},"type":"a"}']);
    const result = await agent.complete({ prompt: "go", outputSchema: schema });
    expect(result).toMatchObject({ turns: 2, output: { next: { next: null } } });
  });

  test("is held to the patterns of its schema", async () => {
    const properties = { sku: { type: "string", pattern: "^[A-Z]{2}-\\d{4}$" } };
    const agent = scripted([
      '{"sku": "ab-1"}',
      ({ messages }) => JSON.stringify({ sku: tellsOfPattern(messages.at(-1)) }),
    ]);
    const result = await agent.complete({ prompt: "go", outputSchema: { type: "object", properties } });
    expect(result).toMatchObject({ turns: 2, output: { sku: "OK-0001" } });
  });

  test("may have the names that a pattern allows, and no others", async () => {
    const schema = {
      type: "object",
      patternProperties: { "^q[1-4]$": { type: "number" } },
      additionalProperties: false,
    };
    const agent = scripted(['{"q5": 1}', '{"q1": "x"}', '{"q1": 1}']);
    const result = await agent.complete({ prompt: "go", outputSchema: schema });
    expect(result).toMatchObject({ turns: 3, output: { q1: 1 } });
    const costly = {
      type: "object",
      patternProperties: { "^(a+)+$": { type: "number" } },
      additionalProperties: false,
    };
    expect((await scripted(['{"aa": 1}']).complete({ prompt: "go", outputSchema: costly })).output).toEqual({ aa: 1 });
  });

  test("of a schema whose pattern is none is refused", async () => {
    const properties = { sku: { type: "string", pattern: "[" } };
    const running = scripted(["x"]).complete({ prompt: "go", outputSchema: { type: "object", properties } });
    await expect(running).rejects.toThrow(/the output schema cannot be used: Invalid regular expression/);
  });

  test("of a schema with a pattern that takes for ever is checked at once, without it", async () => {
    const properties = { pattern: { type: "string", pattern: "^(a+)+$" } };
    const text = JSON.stringify({ pattern: `${"a".repeat(60)}!` });
    const result = await scripted([text]).complete({ prompt: "go", outputSchema: { type: "object", properties } });
    expect(result.exit_reason).toBe("finished");
  });
});
