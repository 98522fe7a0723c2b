import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import { ToolError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/message.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { add, call, collect, openWaitTool, problemsOf, scripted } from "../support/agent-fixtures.ts";

describe("limits that are none", () => {
  test.each([NaN, 0, -1])("of %s turns or dollars are refused before anything is asked", async (limit) => {
    const priced = scriptedProvider([], { price: { input: 1, output: 1, cachedInput: 1, cacheWrite: 1 } });
    const agent = scripted([], { provider: priced });
    await expect(agent.complete({ prompt: "go", maxTurns: limit })).rejects.toThrow(/maxTurns is .*at least 1/);
    await expect(agent.complete({ prompt: "go", maxUsd: limit })).rejects.toThrow(/maxUsd is .*more than 0/);
    expect(() => scripted([], { toolTimeoutMs: limit })).toThrow(/toolTimeoutMs must be at least 1/);
  });

  test.each([Infinity, 30 * 86_400_000])("of time, longer than any timer's, let a run finish: %s ms", async (forMs) => {
    const wait = openWaitTool();
    const provider = scriptedProvider([{ tool_calls: [call("wait", { for_ms: 30 })] }, "Done."]);
    const store = openMemoryStore();
    const agent = createAgent({ provider, tools: [wait.tool], store, maxTimeMs: forMs, toolTimeoutMs: forMs });
    expect(await agent.complete({ prompt: "go", sessionId: "s" })).toMatchObject({ exit_reason: "finished" });
    expect((await store.load("s"))?.messages.at(2)).toMatchObject({ role: "tool", ok: true });
  });
});

describe("too much", () => {
  test("of a prompt is refused before anything is stored", async () => {
    const store = openMemoryStore();
    const running = scripted([], { store }).complete({ prompt: "x".repeat(10_000_000), sessionId: "s" });
    await expect(running).rejects.toThrow(ToolError);
    await expect(running).rejects.toThrow(/10000000 characters.*put what is to be read into a file/);
    expect(await store.load("s")).toBeUndefined();
  });

  test("of a result is cut, and the model is told", async () => {
    const flood = defineTool({
      name: "flood",
      description: "Returns far too much.",
      input: z.object({}),
      output: z.object({ text: z.string() }),
      run: async () => ({ text: "x".repeat(50_000_000) }),
    });
    const provider = scriptedProvider([
      { tool_calls: [call("flood", {})] },
      ({ messages }) => JSON.stringify(messages).slice(-200),
    ]);
    const store = openMemoryStore();
    const { text } = await createAgent({ provider, tools: [flood], store }).complete({ prompt: "go", sessionId: "s" });
    expect(text).toMatch(/cut: only the first 60000 characters are shown; ask for less/);
    expect(JSON.stringify(await store.load("s")).length).toBeLessThan(100_000);
  });

  test("calls in one reply are answered without being run, so many of them that the model is told", async () => {
    const store = openMemoryStore();
    const calls = Array.from({ length: 10_000 }, (_, a) => call("add", { a, b: 0 }));
    const agent = scripted([{ tool_calls: calls }, "done"], { store });
    const events = await collect(agent.run({ prompt: "go", sessionId: "s" }));
    expect(events.filter(({ type }) => type === "tool_finished")).toHaveLength(128);
    expect(events.at(-1)).toMatchObject({ exit_reason: "finished", tool_calls: 128 });
    const messages = (await store.load("s"))?.messages ?? [];
    expect(problemsOf(messages)).toEqual([]);
    const answers = messages.flatMap((message) => (message.role === "tool" ? [message] : []));
    expect(answers.map(({ callId }) => callId)).toEqual(calls.map((_, index) => `call_1_${index + 1}`));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(128);
    const told = new Set(answers.slice(128).map(({ text }) => text));
    expect([...told]).toEqual([expect.stringContaining("10000 calls in one reply, of which the first 128 were run")]);
  });

  test("nesting in the arguments is answered as no arguments", async () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    const store = openMemoryStore();
    const provider = scriptedProvider(["unused"]);
    let asked = 0;
    const nested = createAgent({
      provider: {
        ...provider,
        async *stream() {
          await Promise.resolve();
          const part = { type: "tool_call" as const, call: { id: "c", name: "add", input: { a: deep } } };
          const isFirst = asked++ === 0;
          const parts = isFirst ? [part] : [{ type: "text" as const, text: "done" }];
          yield { type: "done", parts, usage: undefined, stopReason: isFirst ? "tool_calls" : "end" };
        },
      },
      tools: [add],
      store,
    });
    expect((await nested.complete({ prompt: "go", sessionId: "s" })).exit_reason).toBe("finished");
    const answer = (await store.load("s"))?.messages[2];
    expect(answer).toMatchObject({ role: "tool", text: expect.stringContaining("not a JSON object") });
  });
});
