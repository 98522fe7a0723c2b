import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import { setLogLevel } from "../../src/log.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { add, call, openWaitTool, scripted } from "../support/agent-fixtures.ts";

// a defect of a tool is logged, and one of them has some
setLogLevel("silent");

describe("tools", () => {
  test("that return what they should not are told of in one line", async () => {
    const broken = defineTool({
      name: "broken",
      description: "Returns nothing.",
      input: z.object({ what: z.enum(["nothing", "half"]) }),
      output: z.object({ rows: z.number(), name: z.string() }),
      run: async ({ what }) => {
        await Promise.resolve();
        return JSON.parse(what === "half" ? '{"name": 1}' : "null") as { rows: number; name: string };
      },
    });
    const tool_calls = [call("broken", { what: "nothing" }), call("broken", { what: "half" })];
    const told: string[] = [];
    const own = createAgent({
      provider: scriptedProvider([
        { tool_calls },
        ({ messages }) => {
          told.push(...messages.flatMap((message) => (message.role === "tool" ? [message.text] : [])));
          return "done";
        },
      ]),
      tools: [broken],
    });
    await own.complete({ prompt: "go" });
    expect(told).toEqual([
      expect.stringMatching(/^ERROR internal: broken failed unexpectedly: what it returned does not fit .*$/),
      expect.stringMatching(/does not fit its output schema: rows: .*; name: [^\n]*$/),
    ]);
    expect(told.join("")).not.toContain("\n");
  });

  test.each([
    ["a tool that is not there", call("ad", { a: 1, b: 2 }), /^ERROR not_found: there is no tool "ad".*add/],
    ["bad arguments", call("add", { a: "x", b: 2 }), /^ERROR invalid_input: a: /],
    ["a failure it is meant to understand", call("fail", { how: "expected" }), /^ERROR too_large: .*try a smaller one/],
    ["a defect", call("fail", { how: "defect" }), /^ERROR internal: /],
    [
      "arguments that are no JSON",
      { name: "add", input: '{"a": 1,' },
      /^ERROR invalid_input: the arguments of add are not a JSON object: .*JSON/,
    ],
    [
      "arguments that are no object",
      { name: "add", input: [1, 2] },
      /^ERROR invalid_input: the arguments of add are not a JSON object;/,
    ],
    ["no name", { name: "", input: {} }, /^ERROR not_found: /],
  ])("%s is told to the model, and the run goes on", async (_what, failing, answer) => {
    const agent = scripted([
      { tool_calls: [failing, call("add", { a: 1, b: 1 })] },
      ({ messages }) =>
        messages.map((message) => (message.role === "tool" ? `${message.ok}: ${message.text}` : "")).join("\n"),
    ]);
    const { text, exit_reason: reason } = await agent.complete({ prompt: "go" });
    expect(reason).toBe("finished");
    const [, , failed = "", succeeded] = text.split("\n");
    expect(failed.replace("false: ", "")).toMatch(answer);
    expect(succeeded).toBe('true: {"status":"done","sum":2}');
  });

  test("of one reply run at once, eight at a time, and are answered in their order", async () => {
    const wait = openWaitTool();
    const calls = Array.from({ length: 12 }, (_, index) => call("wait", { for_ms: 60 - 5 * index }));
    const agent = createAgent({
      provider: scriptedProvider([
        { tool_calls: calls.map((one, index) => ({ ...one, id: `c${index}` })) },
        ({ messages }) => messages.flatMap((message) => (message.role === "tool" ? [message.callId] : [])).join(),
      ]),
      tools: [wait.tool],
    });
    const { text, tool_calls: count } = await agent.complete({ prompt: "go" });
    expect(text).toBe(calls.map((_, index) => `c${index}`).join());
    expect(count).toBe(12);
    expect(wait.most()).toBe(8);
  });

  test.each([false, true])(
    "that take too long are stopped, and the others are not (deaf to the abort: %s)",
    async (deaf) => {
      const wait = openWaitTool();
      const agent = createAgent({
        provider: scriptedProvider([
          { tool_calls: [call("wait", { deaf }), call("add", { a: 1, b: 2 })] },
          ({ messages }) => JSON.stringify(messages.slice(-2)),
        ]),
        tools: [wait.tool, add],
        toolTimeoutMs: 50,
      });
      const { text } = await agent.complete({ prompt: "go" });
      expect(text).toMatch(/ERROR timeout: wait had not finished after 0.05 s/);
      expect(text).toContain("sum");
      expect([...wait.running].every((signal) => signal.aborted)).toBe(true);
    },
  );

  test("that need services say so where the agent has none", async () => {
    const needy = defineTool({
      name: "needy",
      description: "Calculates.",
      input: z.object({}),
      output: z.object({ result: z.string() }),
      run: async (_input, { services, signal }) => services.math.evaluate("1", signal),
    });
    const agent = createAgent({
      provider: scriptedProvider([
        { tool_calls: [call("needy", {})] },
        ({ messages }) => JSON.stringify(messages.at(-1)),
      ]),
      tools: [needy],
    });
    expect((await agent.complete({ prompt: "go" })).text).toMatch(/ERROR unavailable: .*services/);
  });

  test("whose result is huge are cut in what the model sees", async () => {
    const big = defineTool({
      name: "big",
      description: "Says much.",
      input: z.object({}),
      output: z.object({ text: z.string() }),
      run: async () => ({ text: "x".repeat(1_000_000) }),
    });
    const agent = createAgent({
      provider: scriptedProvider([
        { tool_calls: [call("big", {})] },
        ({ messages }) => String(JSON.stringify(messages).length),
      ]),
      tools: [big],
    });
    expect(Number((await agent.complete({ prompt: "go" })).text)).toBeLessThan(70_000);
  });
});
