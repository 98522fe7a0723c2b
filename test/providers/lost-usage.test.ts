import { afterEach, describe, expect, test } from "vitest";
import { collect, replyOf } from "../../src/contracts/provider.ts";
import { ProviderError } from "../../src/errors.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { Usage } from "../../src/message.ts";
import type { RequestMeter } from "../../src/providers/provider.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import type { Answer, RawAnswer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function startServed(...answers: Answer[]) {
  const opened = await openMockedProvider(answers, { open: openAnthropic });
  running.push(opened);
  return opened;
}

async function start(...answers: Answer[]) {
  return (await startServed(...answers)).provider;
}

const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const begins = event("message_start", {
  message: {
    role: "assistant",
    content: [],
    usage: { input_tokens: 1_000, output_tokens: 1, cache_read_input_tokens: 500 },
  },
});
const speaks = [
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "The ans" } }),
];
const overloaded = event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
const broken = (...pieces: string[]): RawAnswer => ({
  raw: { headers: { "content-type": "text/event-stream" }, pieces, then: "cut" },
});
const known = { inputTokens: 1_500, outputTokens: 1, cachedInputTokens: 500 };

describe("what a reply cost that broke off", () => {
  test.each([
    ["by an error of the service", broken(begins, ...speaks, overloaded)],
    ["by a lost connection", broken(begins, ...speaks)],
  ])("%s stands in the error", async (_how, answer) => {
    const failure: unknown = await collect(await start(answer)).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ProviderError);
    expect(failure).toMatchObject({ usage: known });
  });

  test("before its first word is told to the request's meter, attempt by attempt, before the next is made", async () => {
    const provider = await start(broken(begins, overloaded), broken(begins), {
      text: "42",
      usage: { input_tokens: 7, output_tokens: 5 },
    });
    const { meter, lost } = openMeter();
    const reply = replyOf(await collect(provider, { meter }));
    expect(reply).toMatchObject({ usage: { inputTokens: 7, outputTokens: 5 } });
    expect(lost).toEqual([known, known]);
  });

  test("keeps another attempt from being made where the meter says so", async () => {
    const { provider, server } = await startServed(broken(begins, overloaded), "never");
    await expect(collect(provider, { meter: openMeter(1).meter })).rejects.toThrow(/Overloaded/);
    expect(server.requests).toHaveLength(1);
  });

  test("at the first provider is told before its fallback is asked", async () => {
    const other = scriptedProvider([{ text: "42", usage: { input_tokens: 7, output_tokens: 5 } }]);
    const first = await start(...Array.from({ length: 4 }, () => broken(begins, overloaded)));
    const { meter, lost } = openMeter();
    const reply = replyOf(await collect(withFallbacks(first, [other], Date), { meter }));
    expect(reply).toMatchObject({ usage: { inputTokens: 7 } });
    expect(lost).toEqual([known, known, known, known]);
  });

  test("keeps the fallback from being asked where the meter says so", async () => {
    const asked: unknown[] = [];
    const other = scriptedProvider([(request) => (asked.push(request), "never")]);
    const first = await start(broken(begins, overloaded));
    const failure = collect(withFallbacks(first, [other], Date), { meter: openMeter(4).meter });
    await expect(failure).rejects.toThrow(/Overloaded/);
    expect(asked).toEqual([]);
  });

  test("is not there where the service told nothing", async () => {
    const { provider, close } = await openMockedProvider([
      broken('data: {"choices":[{"delta":{"content":"Hm"}}]}\n\n'),
    ]);
    await expect(collect(provider)).rejects.toMatchObject({ usage: undefined });
    await close();
  });
});

/** Keeps what it is told; the `most`-th lost attempt is the last that it allows to be lost. */
function openMeter(most = Infinity) {
  const lost: (Usage | undefined)[] = [];
  const meter: RequestMeter = {
    started: () => undefined,
    lost: ({ usage }) => lost.push(usage) < most,
  };
  return { meter, lost };
}
