import { describe, expect, test } from "vitest";
import { createAgent, type Agent } from "../../src/agent/agent.ts";
import type { AgentEvent } from "../../src/agent/events.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { SessionConflictError } from "../../src/errors.ts";
import type { SessionStore } from "../../src/session/store.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { add, call, collect, openWaitTool, problemsOf, scripted } from "../support/agent-fixtures.ts";

describe("cancelling", () => {
  test("while tools run answers at once, stops them and keeps what was finished", async () => {
    const wait = openWaitTool();
    const store = openMemoryStore();
    const agent = createAgent({
      provider: scriptedProvider([
        { text: "Both.", tool_calls: [call("add", { a: 1, b: 2 }), call("wait", { deaf: true })] },
        "never",
      ]),
      tools: [add, wait.tool],
      store,
    });
    const controller = new AbortController();
    const events: AgentEvent[] = [];
    for await (const event of agent.run({ prompt: "go", sessionId: "s", signal: controller.signal })) {
      events.push(event);
      if (event.type === "tool_finished" && event.name === "add") controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "run_finished", exit_reason: "cancelled", text: "Both." });
    const messages = (await store.load("s"))?.messages ?? [];
    expect(problemsOf(messages)).toEqual([]);
    expect(messages.slice(-2)).toMatchObject([
      { ok: true },
      { ok: false, text: expect.stringMatching(/^ERROR cancelled/) },
    ]);
    expect([...wait.running].every((signal) => signal.aborted)).toBe(true);
  });

  test("by leaving the iteration stops the tools", async () => {
    const wait = openWaitTool();
    const agent = createAgent({ provider: scriptedProvider([{ tool_calls: [call("wait", {})] }]), tools: [wait.tool] });
    for await (const event of agent.run({ prompt: "go" })) {
      if (event.type !== "tool_started") continue;
      await expect.poll(() => wait.running.size).toBe(1);
      break;
    }
    await expect.poll(() => wait.running.size).toBe(0);
  });

  test.each(["abort", "leave"] as const)(
    "at any event (%s) leaves a conversation that can be continued",
    async (how) => {
      const calls = {
        text: "Both at once.",
        tool_calls: [call("add", { a: 1, b: 2 }), call("fail", { how: "expected" })],
      };
      const total = (await collect(scripted([calls, calls, "Done."]).run({ prompt: "go" }))).length;
      for (let stopAt = 1; stopAt <= total; stopAt++) {
        const store = openMemoryStore();
        const controller = new AbortController();
        let count = 0;
        for await (const _event of scripted([calls, calls, "Done."], { store }).run({
          prompt: "go",
          sessionId: "s",
          signal: controller.signal,
        })) {
          if (++count < stopAt) continue;
          if (how === "leave") break;
          controller.abort();
        }
        expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
        expect((await scripted(["Here."], { store }).complete({ prompt: "go on", sessionId: "s" })).text).toBe("Here.");
      }
    },
  );

  test.each(["silent", "talkative"])("ends a run whose model does not listen to the signal, a %s one", async (kind) => {
    const provider: Provider = {
      ...scriptedProvider(["x"]),
      async *stream() {
        yield { type: "text", text: "Hm" };
        if (kind === "silent") await new Promise(() => undefined);
        for (;;) {
          await new Promise(setImmediate);
          yield { type: "text", text: "Hm" };
        }
      },
    };
    const agent = createAgent({ provider, tools: [], maxTimeMs: 50 });
    expect(await agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "max_time", turns: 0 });
  });

  test("ends a run whose tools are never listed", async () => {
    const engine: Engine = {
      definitions: () => new Promise(() => undefined),
      call: () => Promise.reject(new TypeError("not called")),
      close: () => Promise.resolve(),
    };
    const agent = createAgent({ provider: scriptedProvider(["x"]), engine, maxTimeMs: 50 });
    expect(await agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "max_time", turns: 0 });
  });

  describe("before the first turn ends a run", () => {
    const never = () => new Promise<never>(() => undefined);
    const memory = openMemoryStore();
    const provider = scriptedProvider([]);
    const engine: Engine = { definitions: never, call: never, close: never };
    const hanging: [string, Agent][] = [
      ["whose tools are never listed", createAgent({ provider, engine, maxTimeMs: 50 })],
      [
        "whose session never loads",
        createAgent({ provider, tools: [add], store: { ...memory, load: never }, maxTimeMs: 50 }),
      ],
      [
        "whose prompt is never kept",
        createAgent({ provider, tools: [add], store: { ...memory, append: never }, maxTimeMs: 50 }),
      ],
    ];

    test.each(hanging)("%s, by its limit of time", async (_what, agent) => {
      const result = await agent.complete({ prompt: "go", sessionId: "s", toolNames: ["add"] });
      expect(result).toMatchObject({ exit_reason: "max_time", session_id: "s", turns: 0, cost_usd: 0 });
    });

    test.each(hanging)("%s, by a cancel", async (_what, agent) => {
      const controller = new AbortController();
      const running = agent.complete({ prompt: "go", toolNames: ["add"], signal: controller.signal });
      controller.abort();
      expect(await running).toMatchObject({ exit_reason: "cancelled", turns: 0 });
    });

    test("and keeps no prompt that comes after it", async () => {
      const store = openMemoryStore();
      const tools = Promise.withResolvers<never[]>();
      const late = createAgent({
        provider,
        engine: { ...engine, definitions: () => tools.promise },
        store,
        maxTimeMs: 20,
      });
      await late.complete({ prompt: "go", sessionId: "s", toolNames: [] });
      tools.resolve([]);
      await new Promise(setImmediate);
      expect(await store.load("s")).toBeUndefined();
    });
  });

  test("does not hide that the store failed meanwhile", async () => {
    const memory = openMemoryStore();
    const controller = new AbortController();
    let appends = 0;
    const store: SessionStore = {
      ...memory,
      append: async (...given) => {
        if (appends++ === 0) return memory.append(...given);
        controller.abort();
        throw new SessionConflictError("another writer was first");
      },
    };
    const agent = createAgent({
      provider: scriptedProvider([{ tool_calls: [call("add", { a: 1, b: 2 })] }]),
      tools: [add],
      store,
    });
    const result = await agent.complete({ prompt: "go", signal: controller.signal });
    expect(result).toMatchObject({ exit_reason: "error", error: { code: "conflict" } });
  });

  test("before the first turn asks no model", async () => {
    const result = await scripted([]).complete({ prompt: "go", signal: AbortSignal.abort() });
    expect(result).toMatchObject({ exit_reason: "cancelled", turns: 0 });
  });
});
