import { afterEach, describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import { collect, replyOf } from "../../src/contracts/provider.ts";
import type { JsonObject, JsonValue, Usage } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import { add, call } from "../support/agent-fixtures.ts";
import { openMockedProvider, type Mocking, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, replyEvents, stream, toStream, type RawAnswer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(answer: RawAnswer, mocking: Mocking) {
  const opened = await openMockedProvider([answer], mocking);
  running.push(opened);
  return opened;
}

const services: Record<string, [open: Mocking["open"], whole: (usage: JsonValue) => JsonObject]> = {
  chat: [openOpenAi, (usage) => ({ choices: [{ finish_reason: "stop", message: { content: "Hi." } }], usage })],
  responses: [
    openOpenAiResponses,
    (usage) => ({
      object: "response",
      status: "completed",
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi." }] }],
      usage,
    }),
  ],
  anthropic: [
    openAnthropic,
    (usage) => ({ type: "message", content: [{ type: "text", text: "Hi." }], stop_reason: "end_turn", usage }),
  ],
};

const sumOnly = { inputTokens: 0, outputTokens: 50, isSumOnly: true } as const;
const counts: [service: string, usage: JsonValue, expected: Usage | undefined][] = [
  ["chat", {}, undefined],
  ["chat", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, undefined],
  ["chat", { prompt_tokens: -100_000, completion_tokens: 5 }, undefined],
  ["chat", { prompt_tokens: "many", completion_tokens: 5 }, undefined],
  ["chat", { prompt_tokens: 1e300, completion_tokens: 5 }, undefined],
  ["chat", "none", undefined],
  ["chat", { total_tokens: 50 }, sumOnly],
  ["chat", { prompt_tokens: 20, total_tokens: 50 }, { inputTokens: 20, outputTokens: 30 }],
  ["chat", { prompt_tokens: -1, completion_tokens: 5, total_tokens: 50 }, { inputTokens: 45, outputTokens: 5 }],
  [
    "chat",
    { prompt_tokens: 20, completion_tokens: 5, prompt_tokens_details: { cached_tokens: -9 } },
    { inputTokens: 20, outputTokens: 5 },
  ],
  ["responses", {}, undefined],
  ["responses", { total_tokens: 50 }, sumOnly],
  ["responses", { input_tokens: -1, output_tokens: 5 }, undefined],
  ["anthropic", {}, undefined],
  ["anthropic", { input_tokens: -7, output_tokens: 5 }, undefined],
  [
    "anthropic",
    { input_tokens: 7, cache_read_input_tokens: -5, output_tokens: 5 },
    { inputTokens: 7, outputTokens: 5 },
  ],
];

test.each(counts)("%s with usage %j has counted %j", async (service, usage, expected) => {
  const [open, whole] = services[service] ?? [];
  const { provider } = await start(json(whole?.(usage) ?? null), open ? { open } : {});
  expect(replyOf(await collect(provider)).usage).toEqual(expected);
});

describe("a limit holds although the service counts", () => {
  const price = { input: 2, output: 10, cachedInput: 2, cacheWrite: 2 };
  const callsAgain = (usage: JsonObject) => {
    const events = replyEvents({ tool_calls: [call("add", { a: 1, b: 2 })] });
    const counted = JSON.stringify({ choices: [], usage });
    return stream([toStream([...events.slice(0, -1), counted, "[DONE]"])]);
  };
  const limits: [usage: JsonObject, most: number][] = [
    [{}, 30],
    [{ total_tokens: 5_000 }, 1],
    [{ prompt_tokens: -100_000, completion_tokens: 10 }, 30],
  ];

  test.each(limits)("of tokens, with usage %j", async (usage, most) => {
    const { provider, server } = await start(callsAgain(usage), {});
    const agent = createAgent({ provider, tools: [add], maxTokens: 3_000, maxTurns: 100, maxRepeats: 1_000 });
    expect((await agent.complete({ prompt: "go" })).exit_reason).toBe("max_tokens");
    expect(server.requests.length).toBeLessThanOrEqual(most);
  });

  test.each(limits)("of money, with usage %j, and its cost is not known", async (usage) => {
    const { provider } = await start(callsAgain(usage), {});
    const priced = { ...provider, price };
    const agent = createAgent({ provider: priced, tools: [add], maxUsd: 0.02, maxTurns: 100, maxRepeats: 1_000 });
    expect(await agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "max_usd", cost_usd: null });
  });
});
