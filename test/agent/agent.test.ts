import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import { ConfigError, ToolError } from "../../src/errors.ts";
import { openFileStore } from "../../src/session/file.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { defineTool, type Tool } from "../../src/tools/tool.ts";
import { add, call, collect, fail, problemsOf, scripted } from "../support/agent-fixtures.ts";
import { temporaryFolder } from "../support/config.ts";

describe("a run", () => {
  test("that needs no tool is one turn", async () => {
    const agent = scripted([{ text: "It is 5.", usage: { input_tokens: 10, output_tokens: 4 } }]);
    const result = await agent.complete({ prompt: "2 + 3?", sessionId: "s" });
    expect(result).toEqual({
      text: "It is 5.",
      session_id: "s",
      exit_reason: "finished",
      turns: 1,
      tool_calls: 0,
      usage: { input_tokens: 10, output_tokens: 4 },
      cost_usd: null,
      provider: "scripted",
      model: "scripted",
    });
  });

  test("reports on its way in order, and its text is that of the last reply", async () => {
    const agent = scripted([
      { text: "Let me see.", tool_calls: [{ ...call("add", { a: 2, b: 3 }), id: "c1" }] },
      "It is 5.",
    ]);
    const events = await collect(agent.run({ prompt: "2 + 3?", sessionId: "s" }));
    expect(events.map((event) => event.type).filter((type, index, types) => type !== types[index - 1])).toEqual([
      "turn_started",
      "text",
      "model_replied",
      "tool_started",
      "tool_progress",
      "tool_finished",
      "turn_started",
      "text",
      "model_replied",
      "run_finished",
    ]);
    expect(events).toContainEqual({ type: "tool_started", call_id: "c1", name: "add", input: { a: 2, b: 3 } });
    expect(events).toContainEqual({
      type: "tool_progress",
      call_id: "c1",
      name: "add",
      done: 1,
      total: 2,
      message: "adding",
    });
    expect(events.at(-1)).toMatchObject({ text: "It is 5.", exit_reason: "finished", turns: 2, tool_calls: 1 });
  });

  test("shows the model the tools, the instructions and what was said", async () => {
    const agent = scripted(
      [({ system, messages, tools }) => `${system} ${messages.length} ${tools.map(({ name }) => name).join()}`],
      {
        system: "Be brief.",
      },
    );
    expect((await agent.complete({ prompt: "hi" })).text).toBe("Be brief. 1 add,fail");
  });

  test("refuses an empty prompt, a bad session name and limits below one", async () => {
    await expect(scripted(["x"]).complete({ prompt: " \n" })).rejects.toThrow(ToolError);
    await expect(scripted(["x"]).complete({ prompt: "x", sessionId: "../x" })).rejects.toThrow(/cannot name a session/);
    expect(() => scripted(["x"], { maxTurns: 0 })).toThrow(ConfigError);
    expect(() => scripted(["x"], { maxTokens: NaN })).toThrow(ConfigError);
  });
});

describe("limits", () => {
  const again = { tool_calls: [call("add", { a: 1, b: 1 })], usage: { input_tokens: 300, output_tokens: 100 } };

  test("end a run after so many turns, with every call answered", async () => {
    const store = openMemoryStore();
    const agent = scripted([again, again, again, "done"], { maxTurns: 2, store });
    const result = await agent.complete({ prompt: "go", sessionId: "s" });
    expect(result).toMatchObject({ exit_reason: "max_turns", turns: 2, tool_calls: 2 });
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
  });

  test("end a run after so many tokens", async () => {
    const result = await scripted([again, again, again, "done"], { maxTokens: 1_000 }).complete({ prompt: "go" });
    expect(result).toMatchObject({
      exit_reason: "max_tokens",
      turns: 2,
      usage: { input_tokens: 600, output_tokens: 200 },
    });
  });

  test("hold where the provider does not count", async () => {
    const uncounted = { tool_calls: [call("add", { a: 1, b: 1 })] };
    const result = await scripted([uncounted, uncounted, uncounted, "done"], { maxTokens: 1_000 }).complete({
      prompt: "go",
    });
    expect(result.exit_reason).toBe("max_tokens");
  });

  test.each([
    ["length", "max_tokens"],
    ["refusal", "refused"],
  ] as const)("a reply that stopped for %s ends the run as %s", async (stop, reason) => {
    const result = await scripted([{ text: "I", stop_reason: stop }]).complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: reason, text: "I" });
  });
});

describe("a session", () => {
  test("is continued after a restart with everything that was said", async () => {
    const folder = temporaryFolder();
    const first = scripted([{ tool_calls: [call("add", { a: 2, b: 3 })] }, "It is 5."], {
      store: openFileStore(folder),
    });
    await first.complete({ prompt: "2 + 3?", sessionId: "sums" });
    const second = scripted([({ messages }) => messages.map((message) => message.role).join()], {
      store: openFileStore(folder),
    });
    const { text } = await second.complete({ prompt: "And doubled?", sessionId: "sums" });
    expect(text).toBe("user,assistant,tool,assistant,user");
    expect(problemsOf((await openFileStore(folder).load("sums"))?.messages)).toEqual([]);
  });

  test("has a name of its own where none is given, and can be continued by it", async () => {
    const agent = scripted(["one", ({ messages }) => String(messages.length)]);
    const { session_id: sessionId } = await agent.complete({ prompt: "first" });
    expect((await agent.complete({ prompt: "second", sessionId })).text).toBe("3");
  });

  test("that two runs write to ends the slower one as a conflict", async () => {
    const store = openMemoryStore();
    const slow = createAgent({
      provider: scriptedProvider([{ tool_calls: [call("meddle", {})] }, "never stored"]),
      store,
      tools: [
        defineTool({
          name: "meddle",
          description: "Lets another run write first.",
          input: z.object({}),
          output: z.object({}),
          run: async () => {
            await scripted(["quick"], { store }).complete({ prompt: "quick", sessionId: "s" });
            return {};
          },
        }),
      ],
    });
    const result = await slow.complete({ prompt: "slow", sessionId: "s" });
    expect(result).toMatchObject({ exit_reason: "error", error: { code: "conflict" } });
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
  });

  test("keeps the question where the provider fails, and the failure is in the result", async () => {
    const store = openMemoryStore();
    const agent = scripted([{ text: "It", error: { message: "the model is gone" } }, "Here."], { store });
    const failed = await agent.complete({ prompt: "first", sessionId: "s" });
    expect(failed).toMatchObject({
      exit_reason: "error",
      turns: 0,
      error: { code: "provider_error", message: "the model is gone" },
    });
    expect((await agent.complete({ prompt: "again", sessionId: "s" })).text).toBe("Here.");
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
  });
});

test("two tools of one name are refused, by that name", () => {
  const open = (tools: Tool[], subAgentDepth = 0) =>
    createAgent({ provider: scriptedProvider(["x"]), tools, subAgentDepth });
  const twice = /two tools are called "add"/;
  expect(() => open([add, fail, { ...add }])).toThrow(ConfigError);
  expect(() => open([add, fail, { ...add }])).toThrow(twice);
  const child = open([add]).asTool();
  expect(() => open([child], 1)).toThrow(/"run_agent"/);
  expect(() => open([child, { ...child, name: "reviewer" }])).not.toThrow();
});
