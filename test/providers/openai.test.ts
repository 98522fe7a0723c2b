import { afterEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { ScriptedReply } from "../../src/testing.ts";
import { collect, replyOf, textOf } from "../../src/contracts/provider.ts";
import {
  key,
  serviceOptions,
  openMockedProvider,
  type Mocking,
  type OpenedProvider,
} from "../support/mocked-provider.ts";
import { json, replyEvents, stream, toStream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(
  answers: Answer | readonly Answer[],
  options: Mocking = {},
  path = "/v1",
): Promise<OpenedProvider> {
  const opened = await openMockedProvider([answers].flat(), options, path);
  running.push(opened);
  return opened;
}

const twoCalls: ScriptedReply = {
  text: "Größe 😀 ok",
  tool_calls: [
    { name: "scrape", input: { urls: ["http://a/ü"] } },
    { name: "calculate", input: { expression: "2 + 3" } },
  ],
  usage: { input_tokens: 12, output_tokens: 34 },
};

describe("the request", () => {
  test("holds the system prompt, the conversation and the tools, and asks for usage", async () => {
    const { provider, server } = await start("hello");
    await collect(provider);
    expect(server.requests[0]).toMatchObject({
      path: "/v1/chat/completions",
      authorization: `Bearer ${key}`,
      body: {
        model: "mock-1",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "What is it?" },
        ],
        tools: [{ type: "function", function: { name: "calculate", parameters: { type: "object" } } }],
        stream: true,
        stream_options: { include_usage: true },
      },
    });
  });

  test("leaves out tools and system prompt where there are none, and the key where none is set", async () => {
    const { provider, server } = await start(["hello"], { apiKey: undefined });
    await collect(provider, { tools: [], system: undefined });
    expect(server.requests[0]?.authorization).toBeUndefined();
    expect(server.requests[0]?.body).not.toHaveProperty("tools");
    expect(server.requests[0]?.body["messages"]).toEqual([{ role: "user", content: "What is it?" }]);
  });

  test.each(["", "/", "/v1", "/v1/", "/v1/chat/completions"])(
    "reaches the same path with the base URL …%s",
    async (path) => {
      const { provider } = await start(["hello"], {}, path);
      expect(textOf(await collect(provider))).toBe("hello");
    },
  );

  test.each([
    ["baseUrl", "ftp://127.0.0.1/v1"],
    ["baseUrl", "http://user:secret@127.0.0.1/v1"],
    ["baseUrl", "nowhere"],
    ["apiKey", "sk-with\nnewline"],
  ])("cannot be made with the %s %j", (option, value) => {
    const make = () => openOpenAi({ ...serviceOptions("http://127.0.0.1/v1"), [option]: value });
    expect(make).toThrow(ConfigError);
    expect(make).not.toThrow(/secret|sk-with/);
  });
});

describe("an awkward stream", () => {
  const whole = toStream(replyEvents(twoCalls));

  test.each([
    ["in pieces of one byte", stream(splitBytes(whole, 1))],
    ["in pieces of seven bytes", stream(splitBytes(whole, 7))],
    ["with CRLF", stream(splitBytes(toStream(replyEvents(twoCalls), "\r\n"), 5))],
    ["with comments and events without data", stream([`: ping\n\nevent: ping\n\ndata:\n\n${whole}`])],
    ["without [DONE]", stream([toStream(replyEvents(twoCalls).slice(0, -1))])],
    ["without [DONE] and the last empty line", stream([toStream(replyEvents(twoCalls).slice(0, -1)).trimEnd()])],
    ["without [DONE], with the connection cut", stream([toStream(replyEvents(twoCalls).slice(0, -1))], "cut")],
    ["that is not closed after [DONE]", stream([whole], "hang")],
    ["with a byte order mark", stream([`\uFEFF${whole}`])],
  ])("%s gives the same reply", async (_what, answer) => {
    const { provider } = await start(answer);
    const events = await collect(provider);
    expect(textOf(events)).toBe("Größe 😀 ok");
    const { parts, usage, stopReason } = replyOf(events);
    expect(parts).toMatchObject([
      { type: "text", text: "Größe 😀 ok" },
      { type: "tool_call", call: { name: "scrape", input: { urls: ["http://a/ü"] } } },
      { type: "tool_call", call: { name: "calculate", input: { expression: "2 + 3" } } },
    ]);
    expect({ usage, stopReason }).toEqual({ usage: { inputTokens: 12, outputTokens: 34 }, stopReason: "tool_calls" });
  });

  test("a reply that is one JSON document is taken too", async () => {
    const call = { id: "c1", type: "function", function: { name: "calculate", arguments: '{"expression":"1"}' } };
    const { provider } = await start(
      json({
        choices: [
          { index: 0, message: { role: "assistant", content: "Hi", tool_calls: [call] }, finish_reason: "tool_calls" },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      }),
    );
    expect(replyOf(await collect(provider))).toEqual({
      type: "done",
      parts: [
        { type: "text", text: "Hi" },
        { type: "tool_call", call: { id: "c1", name: "calculate", input: { expression: "1" } } },
      ],
      usage: { inputTokens: 1, outputTokens: 2 },
      stopReason: "tool_calls",
    });
  });

  test("reasoning is shown apart from the text, under either of its names", async () => {
    const { provider } = await start(deltas({ reasoning_content: "Hm, " }, { reasoning: "so" }, { content: "5" }));
    const events = await collect(provider);
    const reasoning = events.flatMap((event) => (event.type === "reasoning" ? [event.text] : []));
    expect(reasoning.join("")).toBe("Hm, so");
    expect(textOf(events)).toBe("5");
  });

  test("a refusal in its own field is text, and the reason to stop", async () => {
    const { provider } = await start(deltas({ refusal: "I will not." }));
    expect(replyOf(await collect(provider))).toMatchObject({
      parts: [{ type: "text", text: "I will not." }],
      stopReason: "refusal",
    });
  });
});

describe("tool calls of other servers", () => {
  const name = "calculate";
  test.each([
    [
      "whole calls under one index",
      [
        { index: 0, id: "a", function: { name, arguments: "{}" } },
        { index: 0, id: "b", function: { name, arguments: "{}" } },
      ],
      ["a", "b"],
    ],
    [
      "no index",
      [
        { id: "a", function: { name, arguments: "{" } },
        { function: { arguments: "}" } },
        { id: "b", function: { name, arguments: "{}" } },
      ],
      ["a", "b"],
    ],
    [
      "an id and a name in every piece",
      [
        { index: 0, id: "a", function: { name, arguments: "{" } },
        { index: 0, id: "a", function: { name, arguments: "}" } },
      ],
      ["a"],
    ],
    [
      "another id in every piece",
      [
        { index: 0, id: "a", function: { name, arguments: "{" } },
        { index: 0, id: "b", function: { name: null, arguments: "}" } },
      ],
      ["a"],
    ],
    [
      "arguments as an object or null",
      [
        { index: 0, id: "a", function: { name, arguments: {} } },
        { index: 1, id: "b", function: { name, arguments: null } },
      ],
      ["a", "b"],
    ],
  ])("%s", async (_what, pieces, ids) => {
    const { provider } = await start(deltas(...pieces.map((piece) => ({ tool_calls: [piece] }))));
    const { parts } = replyOf(await collect(provider));
    expect(parts).toEqual(ids.map((id) => ({ type: "tool_call", call: { id, name, input: {} } })));
  });

  test("ids that are missing or not unique are invented", async () => {
    const pieces = [{ index: 0 }, { index: 1, id: "x" }, { index: 2, id: "x" }, { index: 3, id: "" }];
    const { provider } = await start(
      deltas(...pieces.map((piece) => ({ tool_calls: [{ ...piece, function: { name, arguments: "{}" } }] }))),
    );
    const ids = replyOf(await collect(provider)).parts.flatMap((part) =>
      part.type === "tool_call" ? [part.call.id] : [],
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => id.length > 0)).toBe(true);
  });
});

/** A stream of these deltas that ends as it should. */
function deltas(...all: object[]): Answer {
  const chunks = all.map((delta) => JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] }));
  return stream([toStream([...chunks, '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', "[DONE]"])]);
}

function splitBytes(text: string, sizeBytes: number): Uint8Array[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / sizeBytes) }, (_, index) =>
    bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes),
  );
}
