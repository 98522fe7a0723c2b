import { describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { add, call } from "../support/agent-fixtures.ts";

const price = { input: 2, output: 10, cachedInput: 0.5, cacheWrite: 2.5 };
const usage = { input_tokens: 100_000, output_tokens: 1_000 };
const usd = 0.21;

function agentOf(
  script: ScriptStep[],
  limits: { maxTokens?: number; maxUsd?: number } = {},
  change = (one: Provider) => one,
) {
  return createAgent({ provider: change(scriptedProvider(script, { price })), tools: [add], ...limits });
}

describe("a reply that broke off", () => {
  test("is paid for, and counted in the result", async () => {
    const agent = agentOf([{ text: "The ans", usage, error: { message: "broke off" } }]);
    const result = await agent.complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: "error", usage, turns: 0 });
    expect(result.cost_usd).toBeCloseTo(usd, 10);
  });

  test("is paid for beside the one that came in its place, out of the same limit", async () => {
    const lost = { inputTokens: 100_000, outputTokens: 1_000 };
    const steps: ScriptStep[] = [
      { tool_calls: [call("add", { a: 1, b: 2 })], usage },
      { text: "3", usage },
    ];
    const flaky = (provider: Provider): Provider => ({
      ...provider,
      async *stream(request, signal) {
        request.meter?.lost({ usage: lost, price });
        yield* provider.stream(request, signal);
      },
    });
    const result = await agentOf(steps, {}, flaky).complete({ prompt: "go" });
    expect(result.cost_usd).toBeCloseTo(4 * usd, 10);
    expect(result.usage).toEqual({ input_tokens: 400_000, output_tokens: 4_000 });
    const limited = await agentOf(steps, { maxTokens: 210_000 }, flaky).complete({ prompt: "go" });
    expect(limited).toMatchObject({ exit_reason: "max_tokens", turns: 1 });
  });

  test("of a service that counts nothing is estimated where there is a limit, and its cost is not known", async () => {
    const said = "word ".repeat(3_000);
    const script: ScriptStep[] = [
      {
        tool_calls: [{ name: "run_agent", input: { prompt: "below" } }],
        usage: { input_tokens: 10, output_tokens: 10 },
      },
      { text: said, error: { message: "broke off" } },
      { text: "on", usage: { input_tokens: 10, output_tokens: 10 } },
    ];
    const provider = scriptedProvider(script, { price });
    const agent = createAgent({ provider, tools: [add], subAgentDepth: 1, maxTokens: 4_000 });
    const result = await agent.complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: "max_tokens", turns: 1, cost_usd: null });
  });
});
