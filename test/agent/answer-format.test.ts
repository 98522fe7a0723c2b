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
