import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import { ConfigError } from "../../src/errors.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { add, call, meteredModel, openWaitTool, problemsOf, scripted } from "../support/agent-fixtures.ts";

const price = { input: 2, output: 10, cachedInput: 0.5, cacheWrite: 2.5 };

describe("a limit of money", () => {
  test("is never passed, whatever the replies and the limit are", async () => {
    const cases = fc.record({
      maxUsd: fc.double({ min: 0.0001, max: 0.2, noNaN: true }),
      replyTokens: fc.integer({ min: 1, max: 20_000 }),
      callsFor: fc.integer({ min: 0, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ maxUsd, replyTokens, callsFor }) => {
        const { provider } = meteredModel({ price, replyTokens, callsFor });
        const agent = createAgent({ provider, tools: [add], maxUsd, maxTurns: 20 });
        const { cost_usd: usd, exit_reason: reason } = await agent.complete({ prompt: "go" });
        expect(usd).toBeLessThanOrEqual(maxUsd);
        expect(["finished", "max_usd"]).toContain(reason);
      }),
      { numRuns: 60 },
    );
  });

  test("shortens the last reply to what is left, and sends nothing that could cost more", async () => {
    const { provider, requests } = meteredModel({ price, replyTokens: 1_000, callsFor: 9 });
    const agent = createAgent({ provider, tools: [add], maxUsd: 0.016 });
    const result = await agent.complete({ prompt: "go" });
    expect(result.exit_reason).toBe("max_usd");
    expect(requests[0]?.maxOutputTokens).toBeLessThan(1_600);
    expect(requests).toHaveLength(result.turns);
  });

  test("ends a run whose reply it cut short as max_usd, not as the model's own limit", async () => {
    const cut = { text: "It is", stop_reason: "length" as const, usage: { input_tokens: 300, output_tokens: 100 } };
    const agent = createAgent({ provider: scriptedProvider([cut], { price }), tools: [add], maxUsd: 0.01 });
    expect((await agent.complete({ prompt: "go" })).exit_reason).toBe("max_usd");
  });

  test("is refused for a model whose price is not known, before anything is asked", () => {
    expect(() => scripted(["x"], { maxUsd: 1 })).toThrow(ConfigError);
    expect(() => scripted(["x"], { maxUsd: 1 })).toThrow(
      /price of scripted's model scripted is not known.*--max-tokens/,
    );
    expect(() => scripted(["x"], { maxUsd: 0 })).toThrow(/more than 0/);
  });
});

describe("what a run cost", () => {
  test("counts cached and written input at its own price", async () => {
    const usage = {
      input_tokens: 1_000_000,
      output_tokens: 100_000,
      cached_input_tokens: 400_000,
      cache_write_tokens: 100_000,
      reasoning_tokens: 60_000,
    };
    const agent = createAgent({ provider: scriptedProvider([{ text: "x", usage }], { price }), tools: [] });
    const result = await agent.complete({ prompt: "go" });
    expect(result.usage).toEqual(usage);
    expect(result.cost_usd).toBeCloseTo(0.5 * 2 + 0.4 * 0.5 + 0.1 * 2.5 + 0.1 * 10, 10);
  });

  test("counts a long request at the price of long ones", async () => {
    const usage = { input_tokens: 300_000, output_tokens: 1_000 };
    const long = { over: 200_000, price: { input: 4, output: 20, cachedInput: 1, cacheWrite: 5 } };
    const provider = scriptedProvider([{ text: "x", usage }], { price: { ...price, long } });
    const result = await createAgent({ provider, tools: [] }).complete({ prompt: "go" });
    expect(result.cost_usd).toBeCloseTo(0.3 * 4 + 0.001 * 20, 10);
  });

  test("counts a reply at the price of who gave it", async () => {
    const usage = { input_tokens: 1_000_000, output_tokens: 0 };
    const asked = scriptedProvider([{ text: "x", usage }], { price });
    const servedBy = { name: "other", model: "small", price: { input: 1, output: 1, cachedInput: 1, cacheWrite: 1 } };
    const provider: Provider = {
      ...asked,
      async *stream(request, signal) {
        for await (const event of asked.stream(request, signal))
          yield event.type === "done" ? { ...event, servedBy } : event;
      },
    };
    expect((await createAgent({ provider, tools: [] }).complete({ prompt: "go" })).cost_usd).toBeCloseTo(1, 10);
  });

  test("is not known where one reply was not counted", async () => {
    const replies = [
      { tool_calls: [call("add", { a: 1, b: 2 })], usage: { input_tokens: 1, output_tokens: 1 } },
      "done",
    ];
    const agent = createAgent({ provider: scriptedProvider(replies, { price }), tools: [add] });
    expect((await agent.complete({ prompt: "go" })).cost_usd).toBeNull();
  });
});

describe("a limit of time", () => {
  test("stops tools that run, and leaves a conversation that can be continued", async () => {
    const wait = openWaitTool();
    const store = openMemoryStore();
    const provider = scriptedProvider([{ tool_calls: [call("wait", {})] }]);
    const agent = createAgent({ provider, tools: [wait.tool], store, maxTimeMs: 50 });
    const result = await agent.complete({ prompt: "go", sessionId: "s" });
    expect(result).toMatchObject({ exit_reason: "max_time", turns: 1 });
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
    await expect.poll(() => wait.running.size).toBe(0);
  });

  test("is told apart from a cancel", async () => {
    const wait = openWaitTool();
    const agent = createAgent({
      provider: scriptedProvider([{ tool_calls: [call("wait", {})] }]),
      tools: [wait.tool],
      maxTimeMs: 60_000,
    });
    const result = await agent.complete({ prompt: "go", signal: AbortSignal.timeout(50) });
    expect(result.exit_reason).toBe("cancelled");
  });
});
