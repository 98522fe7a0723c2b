import { context, metrics, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAgent } from "../../src/runtime/create-agent.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { loadApi } from "../../src/telemetry/api.ts";
import { add, openWaitTool } from "../support/agent-fixtures.ts";

test("the API is not loaded in a program that has not set OpenTelemetry up", async () => {
  const key = Symbol.for("opentelemetry.js.api.1");
  const here: Record<symbol, unknown> = globalThis;
  expect(here[key]).toBeUndefined();
  expect(await loadApi()).toBeUndefined();
});

describe("in a program that has set OpenTelemetry up", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

  beforeEach(() => {
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterEach(() => {
    exporter.reset();
    for (const api of [trace, context, metrics, propagation]) api.disable();
  });

  const spans = () => exporter.getFinishedSpans();
  const find = (name: string) => spans().find((span) => span.name.startsWith(name));

  test("a run that is cancelled in a tool ends its spans, the tool's as cancelled", async () => {
    const wait = openWaitTool();
    const model = scriptedProvider([{ tool_calls: [{ name: "wait", input: {} }] }]);
    const agent = createAgent({ provider: model, tools: [wait.tool] });
    const stop = new AbortController();
    for await (const event of agent.run({ prompt: "go", signal: stop.signal })) {
      if (event.type === "tool_started") stop.abort();
    }
    expect(find("execute_tool wait")?.attributes).toMatchObject({ "error.type": "cancelled" });
    expect(find("invoke_agent")?.attributes).toMatchObject({ "axoner.exit_reason": "cancelled" });
    expect(find("invoke_agent")?.status.code).toBe(SpanStatusCode.UNSET);
  });

  test("a run that its reader leaves in the middle of a reply ends its spans", async () => {
    const agent = createAgent({ provider: scriptedProvider(["one two three"]), tools: [add] });
    for await (const event of agent.run({ prompt: "go" })) if (event.type === "text") break;
    expect(find("chat")?.attributes).toMatchObject({ "error.type": "cancelled" });
    expect(find("invoke_agent")?.attributes).toMatchObject({ "axoner.exit_reason": "cancelled" });
    expect(spans()).toHaveLength(2);
  });

  test("a reply of a fallback names the model that gave it", async () => {
    const broken: Provider = {
      ...scriptedProvider([{ error: { message: "down" } }]),
      name: "openai-responses",
      model: "a",
    };
    const other: Provider = { ...scriptedProvider(["hello"]), model: "b" };
    await createAgent({ provider: withFallbacks(broken, [other], Date), tools: [] }).complete({ prompt: "go" });
    expect(find("chat a")?.attributes).toMatchObject({
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "a",
      "gen_ai.response.model": "b",
    });
  });

  test("two runs at once are two traces, and each tool call belongs to its own", async () => {
    const agentOf = (name: string) => {
      const model = scriptedProvider([{ tool_calls: [{ name: "add", input: { a: 1, b: 2 }, id: name }] }, "3"]);
      return createAgent({ name, provider: model, tools: [add] });
    };
    await Promise.all(["one", "two"].map((name) => agentOf(name).complete({ prompt: "go" })));
    for (const name of ["one", "two"]) {
      const whole = find(`invoke_agent ${name}`);
      const call = spans().find(({ attributes }) => attributes["gen_ai.tool.call.id"] === name);
      expect(call?.parentSpanContext?.spanId).toBe(whole?.spanContext().spanId);
      expect(call?.spanContext().traceId).toBe(whole?.spanContext().traceId);
    }
    expect(find("invoke_agent one")?.spanContext().traceId).not.toBe(find("invoke_agent two")?.spanContext().traceId);
  });

  test("a prompt that is refused before the run begins leaves no span open", async () => {
    const agent = createAgent({ provider: scriptedProvider(["x"]), tools: [] });
    await expect(agent.complete({ prompt: " " })).rejects.toThrow("the prompt is empty");
    expect(spans()).toEqual([]);
  });
});
