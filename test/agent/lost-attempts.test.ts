import { afterEach, describe, expect, test } from "vitest";
import { createAgent, type AgentSettings } from "../../src/agent/agent.ts";
import type { AgentEvent } from "../../src/agent/events.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import type { Price, Provider } from "../../src/providers/provider.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, stream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

const usual = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 };
const price: Price = {
  ...usual,
  long: { over: 200_000, price: { input: 6, output: 22.5, cachedInput: 0.6, cacheWrite: 7.5 } },
};
const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const begins = event("message_start", {
  message: { role: "assistant", content: [], usage: { input_tokens: 100_000, output_tokens: 0 } },
});
const broken = stream([begins], "cut");
const lostUsd = 0.3;

/** An agent whose model costs `price`, and the requests that come to its service. */
async function start(
  answers: readonly Answer[],
  settings: Partial<AgentSettings> = {},
  change = (one: Provider) => one,
) {
  const opened = await openMockedProvider(answers, { open: openAnthropic });
  running.push(opened);
  const provider = change({ ...opened.provider, price });
  return { agent: createAgent({ provider, tools: [], ...settings }), requests: opened.server.requests };
}

describe("attempts that break off", () => {
  test("are made again only as long as what is left of a limit of money pays for the next", async () => {
    const { agent, requests } = await start([broken], { maxUsd: 0.5 });
    const result = await agent.complete({ prompt: "go" });
    expect(requests).toHaveLength(1);
    expect(result.exit_reason).toBe("max_usd");
    expect(result.error).toBeUndefined();
    expect(result.cost_usd).toBeCloseTo(lostUsd, 10);
  });

  test("are made again only as long as what is left of a limit of tokens pays for the next", async () => {
    const { agent, requests } = await start([broken], { maxTokens: 250_000 });
    expect((await agent.complete({ prompt: "go" })).exit_reason).toBe("max_tokens");
    expect(requests).toHaveLength(2);
  });

  test("do not go on at a fallback that can no longer be paid", async () => {
    const asked: unknown[] = [];
    const other = scriptedProvider([(request) => (asked.push(request), "never")], { price: usual });
    const { agent } = await start([broken], { maxUsd: 0.5 }, (one) => withFallbacks(one, [other], Date));
    const result = await agent.complete({ prompt: "go" });
    expect(result.exit_reason).toBe("max_usd");
    expect(result.cost_usd).toBeCloseTo(lostUsd, 10);
    expect(asked).toEqual([]);
  });

  test("are an error, and paid for, where nobody is left to ask, whatever is left of the money", async () => {
    const usage = { input_tokens: 1_000, output_tokens: 0 };
    const refuses = (message: string) => scriptedProvider([{ usage, error: { message } }], { price: usual });
    const provider = withFallbacks(refuses("first"), [refuses("second")], Date);
    const result = await createAgent({ provider, tools: [], maxUsd: 0.008, maxOutputTokens: 64 }).complete({
      prompt: "go",
    });
    expect(result).toMatchObject({ exit_reason: "error", error: { message: "first; then second" } });
    expect(result.cost_usd).toBeCloseTo(0.006, 10);
  });

  test("are priced one by one, not as one long request", async () => {
    const { agent, requests } = await start([broken]);
    const result = await agent.complete({ prompt: "go" });
    expect(requests).toHaveLength(4);
    expect(result.cost_usd).toBeCloseTo(4 * lostUsd, 10);
    expect(result.usage).toEqual({ input_tokens: 400_000, output_tokens: 0 });
  });

  test("are made again within a limit where the service was only busy, which costs nothing", async () => {
    const usage = { input_tokens: 10, output_tokens: 10 };
    const { agent } = await start([json({}, 503), { text: "Here.", usage }], { maxUsd: 0.01 });
    const result = await agent.complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: "finished", text: "Here.", usage });
  });
});

describe("what a run cost that ended in the middle of a reply", () => {
  const speaks = [
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "The ans" } }),
  ];

  test("is what the service had counted when it was cancelled", async () => {
    const { agent } = await start([stream([begins, ...speaks], "hang")]);
    const controller = new AbortController();
    const events = agent.run({ prompt: "go", signal: controller.signal });
    let last: AgentEvent | undefined;
    for await (const seen of events) {
      if (seen.type === "text") controller.abort();
      last = seen;
    }
    expect(last).toMatchObject({ exit_reason: "cancelled", usage: { input_tokens: 100_000 } });
    expect(last).toHaveProperty("cost_usd", lostUsd);
  });

  test("is not known where the service had counted nothing when it was cancelled", async () => {
    const { agent, requests } = await start([{ raw: { pieces: [], then: "hang" } }]);
    const controller = new AbortController();
    const result = agent.complete({ prompt: "go", signal: controller.signal });
    await expect.poll(() => requests.length).toBe(1);
    controller.abort();
    expect(await result).toMatchObject({ exit_reason: "cancelled", cost_usd: null });
  });

  test("is nothing where the service refused, and not known where the model has no price", async () => {
    const refused = await start([json({ error: "no" }, 401)]);
    expect(await refused.agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "error", cost_usd: 0 });
    const unpriced = await start([json({ error: "no" }, 401)], {}, (one) => ({ ...one, price: undefined }));
    expect(await unpriced.agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "error", cost_usd: null });
  });
});
