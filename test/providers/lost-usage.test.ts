import { afterEach, describe, expect, test } from "vitest";
import { collect, replyOf } from "../../src/contracts/provider.ts";
import { ProviderError } from "../../src/errors.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import type { Answer, RawAnswer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(...answers: Answer[]) {
  const opened = await openMockedProvider(answers, { open: openAnthropic });
  running.push(opened);
  return opened.provider;
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

  test("before its first word stands in the reply that came on another attempt, beside its own", async () => {
    const provider = await start(broken(begins, overloaded), broken(begins), {
      text: "42",
      usage: { input_tokens: 7, output_tokens: 5 },
    });
    expect(replyOf(await collect(provider))).toMatchObject({
      usage: { inputTokens: 7, outputTokens: 5 },
      lost: { inputTokens: 3_000, outputTokens: 2, cachedInputTokens: 1_000 },
    });
  });

  test("of all attempts stands in the error where none succeeds", async () => {
    const failure = collect(
      await start(broken(begins, overloaded), broken(begins, overloaded), broken(begins, ...speaks)),
    );
    await expect(failure).rejects.toMatchObject({ usage: { inputTokens: 4_500 } });
  });

  test("at the first provider stands in the reply of its fallback", async () => {
    const other = scriptedProvider([{ text: "42", usage: { input_tokens: 7, output_tokens: 5 } }]);
    const first = await start(...Array.from({ length: 4 }, () => broken(begins, overloaded)));
    expect(replyOf(await collect(withFallbacks(first, [other], Date)))).toMatchObject({
      usage: { inputTokens: 7 },
      lost: { inputTokens: 6_000 },
    });
  });

  test("is not there where the service told nothing", async () => {
    const { provider, close } = await openMockedProvider([
      "one",
      broken('data: {"choices":[{"delta":{"content":"Hm"}}]}\n\n'),
    ]);
    expect(replyOf(await collect(provider))).not.toHaveProperty("lost");
    await expect(collect(provider)).rejects.toMatchObject({ usage: undefined });
    await close();
  });
});
