import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import { ToolError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/message.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { add, call, collect, problemsOf, scripted } from "../support/agent-fixtures.ts";

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
    expect(text).toMatch(/cut: 60000 of 500000\d\d characters/);
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
    expect(messages.at(-2)).toMatchObject({ ok: false, text: expect.stringContaining("10000 calls in one reply") });
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
