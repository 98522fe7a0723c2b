import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ProviderError } from "../../src/errors.ts";
import type { Host } from "../../src/host.ts";
import type { AssistantPart, Usage } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { ModelEvent, Provider } from "../../src/providers/provider.ts";
import { collect, replyOf, textOf } from "../../src/contracts/provider.ts";

const thoughts = "Two sums — both 😀";
const said: AssistantPart[] = [{ type: "text", text: "Größe 漢字." }];
const usage: Usage = { inputTokens: 3484, outputTokens: 89, cachedInputTokens: 2048, reasoningTokens: 21 };

interface Recording {
  file: string;
  open: (options: ServiceOptions) => Provider;
  usage: Usage;
  /** All before the text, between text and calls, and the ids of the calls. */
  before: AssistantPart[];
  ids: [string, string];
}

const recordings: Recording[] = [
  {
    file: "anthropic.sse",
    open: openAnthropic,
    usage: { ...usage, cacheWriteTokens: 1024 },
    before: [
      {
        type: "opaque",
        provider: "anthropic",
        block: {
          type: "thinking",
          thinking: thoughts,
          signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds+/=",
        },
      },
      {
        type: "opaque",
        provider: "anthropic",
        block: {
          type: "redacted_thinking",
          data: "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP",
        },
      },
    ],
    ids: ["toolu_01T1x", "toolu_01T2y"],
  },
  {
    file: "openai-responses.sse",
    open: openOpenAiResponses,
    usage: { ...usage, cacheWriteTokens: 1024 },
    before: [
      {
        type: "opaque",
        provider: "responses:service",
        block: {
          id: "rs_67d",
          type: "reasoning",
          summary: [{ type: "summary_text", text: thoughts }],
          encrypted_content: "gAAAAABn2x+/==",
        },
      },
      { type: "opaque", provider: "responses:service", block: { type: "phase", phase: "commentary" } },
    ],
    ids: ["call_a1", "call_b2"],
  },
  { file: "openai-chat.sse", open: openOpenAi, usage, before: [], ids: ["call_a1", "call_b2"] },
  {
    file: "groq.sse",
    open: openOpenAi,
    usage,
    before: [{ type: "opaque", provider: "chat:service", block: { reasoning: thoughts } }],
    ids: ["fc_a1", "fc_b2"],
  },
];

describe.each(recordings)("the recorded stream $file", (recording) => {
  const bytes = readFileSync(join(import.meta.dirname, "../fixtures/providers", recording.file));
  const positions = Array.from({ length: bytes.length + 1 }, (_, position) => position);

  const expectWhole = (events: readonly ModelEvent[]) => {
    const [first, second] = recording.ids;
    expect(replyOf(events)).toEqual({
      type: "done",
      parts: [
        ...recording.before,
        ...said,
        { type: "tool_call", call: { id: first, name: "calculate", input: { expression: "2 + 3" } } },
        { type: "tool_call", call: { id: second, name: "scrape", input: { urls: ["http://a/ü"] } } },
      ],
      usage: recording.usage,
      stopReason: "tool_calls",
    });
    expect(textOf(events)).toBe("Größe 漢字.");
    const shown = events.map((event) => (event.type === "reasoning" ? event.text : "")).join("");
    expect(shown).toBe(recording.file === "openai-chat.sse" ? "" : thoughts);
  };

  test("cut in two at every byte gives the same reply", async () => {
    for (const position of positions) {
      const pieces = [bytes.subarray(0, position), bytes.subarray(position)];
      expectWhole(await collect(replay(recording, [{ pieces }])));
    }
  });

  test.each([1, 2, 3, 7, 64])("in pieces of %i bytes gives the same reply", async (size) => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expectWhole(await collect(replay(recording, [{ pieces }])));
  });

  test("lost at any byte is tried again, is an error, or was whole already: never half a reply", async () => {
    const outcomes = await Promise.all(
      positions.map(async (position) => {
        const lost = { pieces: [bytes.subarray(0, position)], fails: true };
        const provider = replay(recording, [lost, { pieces: [bytes] }]);
        return settle(provider);
      }),
    );
    const whole = outcomes.filter(({ failure }) => failure === undefined);
    for (const { events } of whole) expect(replyOf(events).parts).toHaveLength(recording.before.length + 3);
    const failed = outcomes.filter(({ failure }) => failure !== undefined);
    for (const { failure } of failed) {
      expect(failure).toMatchObject({ name: "ProviderError", message: expect.stringContaining("middle") as string });
    }
    expect(failed.length).toBeGreaterThan(100);
    expect(failed.length).toBeLessThan(outcomes.length - 100);
    expect(failed.every(({ events }) => events.length > 0)).toBe(true);
  });

  test("with a byte that is no UTF-8 anywhere ends with a reply or a ProviderError", async () => {
    const outcomes = await Promise.all(
      positions.slice(1).map(async (position) => {
        const broken = Buffer.from(bytes);
        broken[position - 1] = 0xff;
        return settle(replay(recording, [{ pieces: [broken] }, { pieces: [bytes] }]));
      }),
    );
    for (const { failure } of outcomes)
      expect(failure ?? new ProviderError("", { retryable: false })).toBeInstanceOf(ProviderError);
    expect(outcomes.filter(({ events }) => textOf(events).includes("\ufffd")).length).toBeGreaterThan(0);
  });
});

interface Replayed {
  pieces: readonly Uint8Array[];
  /** Then the connection breaks. */
  fails?: boolean;
}

/** A provider on a host whose service gives these answers, one a request, without a network: there are thousands. */
function replay({ open }: Recording, answers: readonly Replayed[]): Provider {
  let asked = 0;
  const host: Host = {
    fetch: () => Promise.resolve(toResponse(answers[Math.min(asked++, answers.length - 1)])),
    now: () => Date.now(),
    randomId: () => "0",
    readText: () => Promise.reject(new Error("there are no files")),
  };
  return open({ name: "s", model: "m", baseUrl: "http://service", apiKey: undefined, keyVariable: "KEY", host });
}

function toResponse(answer: Replayed | undefined): Response {
  const pieces = [...(answer?.pieces ?? [])];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece !== undefined) controller.enqueue(piece);
      else if (answer?.fails === true) controller.error(new TypeError("terminated"));
      else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

async function settle(provider: Provider): Promise<{ events: ModelEvent[]; failure: unknown }> {
  const events: ModelEvent[] = [];
  try {
    for await (const event of provider.stream(
      { system: undefined, messages: [{ role: "user", text: "?" }], tools: [] },
      new AbortController().signal,
    )) {
      events.push(event);
    }
    return { events, failure: undefined };
  } catch (failure) {
    return { events, failure };
  }
}
