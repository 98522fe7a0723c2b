import { describe, expect, test } from "vitest";
import { createAgent, type AgentSettings } from "../../src/agent/agent.ts";
import { noServices } from "../../src/agent/no-services.ts";
import { ConfigError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/message.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import type { Progress } from "../../src/tools/tool.ts";
import { add, call, collect, meteredModel, openWaitTool, problemsOf, scripted } from "../support/agent-fixtures.ts";

const price = { input: 2, output: 10, cachedInput: 0.5, cacheWrite: 2.5 };

describe("an agent as a tool", () => {
  const ask = (agent: ReturnType<typeof scripted>, input: JsonObject, signal = new AbortController().signal) => {
    const updates: Progress[] = [];
    const progress = (update: Progress) => void updates.push(update);
    return agent
      .asTool()
      .call(input, { signal, progress, services: noServices })
      .then((result) => ({ result, updates }));
  };

  test("gives its result, tells its progress, and continues a session", async () => {
    const agent = scripted([
      { tool_calls: [call("add", { a: 1, b: 2 })], usage: { input_tokens: 9, output_tokens: 2 } },
      "It is 3.",
      ({ messages }) => `${messages.length} messages`,
    ]);
    const { result, updates } = await ask(agent, { prompt: "1 + 2?" });
    expect(result).toMatchObject({
      ok: true,
      value: {
        status: "done",
        text: "It is 3.",
        exit_reason: "finished",
        turns: 2,
        provider: "scripted",
        model: "scripted",
      },
    });
    expect(updates.map(({ done }) => done)).toEqual(updates.map((_, index) => index + 1));
    expect(updates.map(({ message }) => message)).toContain("add: done");
    const sessionId = result.ok ? String(result.value["session_id"]) : "";
    expect((await ask(agent, { prompt: "again", session_id: sessionId })).result).toMatchObject({
      value: { text: "5 messages" },
    });
  });

  test("takes an output schema as text, and says what is wrong with one", async () => {
    const schema = '{"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}';
    const agent = scripted(['{"n": 3}']);
    expect((await ask(agent, { prompt: "go", output_schema: schema })).result).toMatchObject({
      value: { output: { n: 3 } },
    });
    expect((await ask(agent, { prompt: "go", output_schema: "{" })).result).toMatchObject({ code: "invalid_input" });
  });

  test("keeps to the lower one of two limits", async () => {
    const again = (a: number): ScriptStep => ({ tool_calls: [call("add", { a, b: 1 })] });
    const steps = [again(1), again(2), again(3), again(4)];
    const { result } = await ask(scripted(steps, { maxTurns: 3 }), { prompt: "go", max_turns: 2 });
    expect(result).toMatchObject({ value: { exit_reason: "max_turns", turns: 2 } });
    const { result: own } = await ask(scripted(steps, { maxTurns: 3 }), { prompt: "go", max_turns: 9 });
    expect(own).toMatchObject({ value: { turns: 3 } });
    const { result: priceless } = await ask(scripted(steps), { prompt: "go", max_usd: 1 });
    expect(priceless).toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/price .* is not known.*leave out max_usd/),
    });
  });

  test("advises what its caller can do where a model without a price meets a limit of money", async () => {
    const openProvider = async () => scriptedProvider(["x"]);
    const agent = createAgent({ provider: scriptedProvider(["x"], { price }), tools: [], openProvider, maxUsd: 1 });
    const { result } = await ask(agent, { prompt: "go", model: "unknown", max_usd: 0.5 });
    expect(result).toMatchObject({ code: "invalid_input", message: expect.stringMatching(/choose another model$/) });
    expect(JSON.stringify(result)).not.toContain("--max");
  });

  test("uses only the tools it is given, and no other model than it may", async () => {
    const agent = scripted([({ tools }) => tools.map(({ name }) => name).join(), "x"]);
    expect((await ask(agent, { prompt: "go", tools: ["add"] })).result).toMatchObject({ value: { text: "add" } });
    expect((await ask(agent, { prompt: "go", tools: ["ad"] })).result).toMatchObject({
      message: expect.stringMatching(/did you mean add/),
    });
    expect((await ask(agent, { prompt: "go", model: "huge" })).result).toMatchObject({ code: "not_allowed" });
  });

  test("opens another model where it may, and tells why it cannot", async () => {
    const openProvider: AgentSettings["openProvider"] = async ({ model }) => {
      if (model !== "big") throw new ConfigError(`there is no model ${model}`);
      return scriptedProvider(["from the big one"]);
    };
    const agent = scripted(["small"], { openProvider });
    expect((await ask(agent, { prompt: "go", model: "big" })).result).toMatchObject({
      value: { text: "from the big one" },
    });
    expect((await ask(agent, { prompt: "go", model: "x" })).result).toMatchObject({
      code: "unavailable",
      message: "there is no model x",
    });
  });

  test("fails where the model fails, naming the session", async () => {
    const { result } = await ask(scripted([{ error: { message: "no credit" } }]), { prompt: "go" });
    expect(result).toMatchObject({
      code: "provider_error",
      message: expect.stringMatching(/no credit; session \S+ holds/),
    });
  });

  test("told twice to begin one session does one of them, and the other is a conflict", async () => {
    const agent = scripted(["one", "two"]);
    const asked = ["a", "b"].map((prompt) => ask(agent, { prompt, session_id: "same" }));
    const results = (await Promise.all(asked)).map(({ result }) => (result.ok ? "done" : result.code));
    expect(results.toSorted()).toEqual(["conflict", "done"]);
  });

  test("is cancelled with its tools", async () => {
    const wait = openWaitTool();
    const agent = createAgent({ provider: scriptedProvider([{ tool_calls: [call("wait", {})] }]), tools: [wait.tool] });
    const controller = new AbortController();
    const running = ask(agent, { prompt: "go" }, controller.signal);
    await expect.poll(() => wait.running.size).toBe(1);
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect.poll(() => wait.running.size).toBe(0);
  });
});

describe("sub-agents", () => {
  const delegate = (prompt: string, more: JsonObject = {}) => call("run_agent", { prompt, ...more });

  test("work beside each other, each in a session of its own", async () => {
    const store = openMemoryStore();
    const reply: ScriptStep = ({ messages }) => {
      const asked = messages.flatMap((message) => (message.role === "user" ? [message.text] : [])).join();
      const told = messages.flatMap((message) => (message.role === "tool" ? [message.text] : []));
      if (asked !== "main") return `did ${asked}`;
      return told.length === 0 ? { tool_calls: [delegate("one"), delegate("two")] } : told.join();
    };
    const agent = createAgent({
      provider: scriptedProvider(Array.from({ length: 4 }, () => reply)),
      tools: [add],
      store,
      subAgentDepth: 1,
    });
    const result = await agent.complete({ prompt: "main", sessionId: "main" });
    expect(result.text).toMatch(/did one.*did two/);
    expect(await store.list(9)).toHaveLength(3);
    expect(problemsOf((await store.load("main"))?.messages)).toEqual([]);
  });

  test("stand no deeper than they may", async () => {
    const deeper: ScriptStep = ({ tools }) =>
      tools.some(({ name }) => name === "run_agent") ? { tool_calls: [delegate("deeper")] } : "the bottom";
    const told: ScriptStep = ({ messages }) => String(JSON.parse(JSON.stringify(messages.at(-1))).text ?? "");
    const agent = createAgent({
      provider: scriptedProvider([deeper, deeper, deeper, told, told]),
      tools: [add],
      subAgentDepth: 2,
    });
    expect((await agent.complete({ prompt: "go" })).text).toContain("the bottom");
  });

  test("have the tools that their parent's run was given, at any depth", async () => {
    const step: ScriptStep = ({ tools, messages }) => {
      const told = messages.findLast(({ role }) => role === "tool");
      if (told?.role === "tool") return told.text;
      return tools.some(({ name }) => name === "run_agent")
        ? { tool_calls: [delegate("below")] }
        : { tool_calls: [call("add", { a: 20, b: 22 })] };
    };
    const agent = createAgent({
      provider: scriptedProvider(Array.from({ length: 6 }, () => step)),
      tools: [],
      subAgentDepth: 2,
    });
    expect((await agent.complete({ prompt: "go", tools: [add] })).text).toContain("42");
  });

  test("of another agent do not have the tools that its caller's run was given", async () => {
    const offered: string[] = [];
    const below: ScriptStep = ({ tools }) => {
      offered.push(...tools.map(({ name }) => name));
      return "done";
    };
    const other = createAgent({ provider: scriptedProvider([below]), tools: [] });
    const agent = createAgent({
      provider: scriptedProvider([{ tool_calls: [delegate("below")] }, "done"]),
      tools: [other.asTool()],
    });
    expect(await agent.complete({ prompt: "go", tools: [add] })).toMatchObject({ text: "done" });
    expect(offered).toEqual([]);
  });

  test("may use no other tools than their parent", async () => {
    const store = openMemoryStore();
    const offered: string[] = [];
    const step: ScriptStep = ({ tools, messages }) => {
      offered.push(tools.map(({ name }) => name).join());
      const told = messages.findLast(({ role }) => role === "tool");
      if (told?.role === "tool") return told.text;
      return tools.some(({ name }) => name === "run_agent")
        ? { tool_calls: [delegate("below", { tools: ["add"] }), delegate("below")] }
        : { tool_calls: [call("add", { a: 1, b: 2 })] };
    };
    const agent = createAgent({
      provider: scriptedProvider(Array.from({ length: 20 }, () => step)),
      tools: [add],
      store,
      subAgentDepth: 2,
    });
    const result = await agent.complete({ prompt: "go", sessionId: "main", toolNames: ["run_agent"] });
    const main = (await store.load("main"))?.messages ?? [];
    expect(main.at(2)).toMatchObject({
      ok: false,
      text: expect.stringMatching(/invalid_input: there is no tool "add"/),
    });
    expect(new Set(offered)).toEqual(new Set(["run_agent", ""]));
    expect(result.text).toMatch(/ERROR not_found: there is no tool [\\"]+add/);
  });

  test("spend their parent's money, all of them together never more than it has", async () => {
    const leaf = meteredModel({ price, replyTokens: 400 });
    let asked = 0;
    const provider: AgentSettings["provider"] = {
      ...leaf.provider,
      async *stream(request, signal) {
        if (request.messages[0]?.role !== "user" || request.messages[0].text !== "main") {
          yield* leaf.provider.stream(request, signal);
          return;
        }
        const calls = Array.from({ length: 8 }, (_, index) => {
          const id = `c${++asked}`;
          return {
            type: "tool_call" as const,
            call: { id, name: "run_agent", input: { prompt: `part ${asked} ${index}` } },
          };
        });
        yield { type: "done", parts: calls, usage: { inputTokens: 1_000, outputTokens: 50 }, stopReason: "tool_calls" };
      },
    };
    const maxUsd = 0.1;
    const agent = createAgent({ provider, tools: [add], maxUsd, maxOutputTokens: 500, subAgentDepth: 1, maxTurns: 50 });
    const events = await collect(agent.run({ prompt: "main" }));
    expect(events.at(-1)).toMatchObject({ exit_reason: "max_usd" });
    const finished = events.at(-1);
    const usd = finished?.type === "run_finished" ? finished.cost_usd : undefined;
    expect(usd).toBeGreaterThan(maxUsd / 2);
    expect(usd).toBeLessThanOrEqual(maxUsd);
  });

  test("that are given as tools spend what their parent may, and are in its usage", async () => {
    const usage = { input_tokens: 900, output_tokens: 100 };
    const child = scripted(
      Array.from({ length: 20 }, (_, a): ScriptStep => ({ tool_calls: [call("add", { a, b: 1 })], usage })),
      {
        maxTurns: 20,
        maxOutputTokens: 100,
      },
    );
    const own = { input_tokens: 10, output_tokens: 10 };
    const parent = createAgent({
      provider: scriptedProvider([
        { tool_calls: [delegate("spend")], usage: own },
        { text: "done", usage: own },
      ]),
      tools: [child.asTool()],
      maxTokens: 3_000,
    });
    const result = await parent.complete({ prompt: "go" });
    const spent = result.usage.input_tokens + result.usage.output_tokens;
    expect(spent).toBeGreaterThan(1_000);
    expect(spent).toBeLessThanOrEqual(3_000);
  });

  test("that are given as tools cost their parent money", async () => {
    const usage = { input_tokens: 1_000_000, output_tokens: 0 };
    const child = createAgent({ provider: scriptedProvider([{ text: "x", usage }], { price }), tools: [] });
    const parent = createAgent({
      provider: scriptedProvider(
        [{ tool_calls: [delegate("spend")] }, "done"].map((step) =>
          typeof step === "string" ? { text: step, usage } : { ...step, usage },
        ),
        { price },
      ),
      tools: [child.asTool()],
    });
    expect(await parent.complete({ prompt: "go" })).toMatchObject({ cost_usd: 6, usage: { input_tokens: 3_000_000 } });
  });
});
