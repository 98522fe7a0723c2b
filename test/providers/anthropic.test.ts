import { afterEach, expect, test } from "vitest";
import { isJsonObject, type JsonValue, type Message } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import { toAnthropicBody } from "../../src/providers/lib/anthropic-request.ts";
import { collect, replyOf, requestOf } from "../../src/contracts/provider.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import { json } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

const options = { model: "claude-haiku-4-5", origin: "anthropic" };

function turn(number: number): Message[] {
  const id = `toolu_${number}`;
  return [
    { role: "assistant", parts: [{ type: "tool_call", call: { id, name: "calculate", input: {} } }] },
    { role: "tool", callId: id, name: "calculate", ok: true, text: String(number) },
  ];
}

test("the cache is marked behind the system prompt, the tools and the last two turns, never more than four times", () => {
  const messages: Message[] = [{ role: "user", text: "Go on." }, ...turn(1), ...turn(2), ...turn(3)];
  expect(marked(toAnthropicBody(requestOf({ messages }), options))).toEqual([
    "system.0",
    "messages.4.content.0",
    "messages.6.content.0",
    "tools.0",
  ]);
});

test("an earlier request is the beginning of the next, so that its cache is found", () => {
  const beginning: Message[] = [{ role: "user", text: "Go on." }, ...turn(1)];
  const [earlier, later] = [beginning, [...beginning, ...turn(2)]].map((messages) => {
    const { messages: sent } = toAnthropicBody(requestOf({ messages }), options);
    return JSON.stringify(sent).replaceAll(',"cache_control":{"type":"ephemeral"}', "").slice(0, -1);
  });
  expect(later?.startsWith(earlier ?? "?")).toBe(true);
});

test("models that think unasked are asked to show it, others are left alone", () => {
  const thinking = (model: string) => toAnthropicBody(requestOf(), { ...options, model })["thinking"];
  expect(thinking("claude-opus-5-5")).toEqual({ type: "adaptive", display: "summarized" });
  expect(thinking("claude-sonnet-4-5")).toBeUndefined();
  expect(thinking("some-local-model")).toBeUndefined();
});

test("results of one turn stand in one message, before what the user says next", () => {
  const calls = ["a", "b"].map((id) => ({ type: "tool_call", call: { id, name: "calculate", input: "{" } }) as const);
  const { messages } = toAnthropicBody(
    requestOf({
      messages: [
        { role: "user", text: "both" },
        { role: "assistant", parts: [{ type: "text", text: "  " }, ...calls] },
        { role: "tool", callId: "a", name: "calculate", ok: true, text: "" },
        { role: "tool", callId: "b", name: "calculate", ok: false, text: "ERROR" },
        { role: "assistant", parts: [] },
        { role: "user", text: "and?" },
      ],
    }),
    options,
  );
  expect(JSON.parse(JSON.stringify(messages).replaceAll(',"cache_control":{"type":"ephemeral"}', ""))).toEqual([
    { role: "user", content: [{ type: "text", text: "both" }] },
    {
      role: "assistant",
      content: ["a", "b"].map((id) => ({ type: "tool_use", id, name: "calculate", input: { INVALID_JSON: "{" } })),
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a" },
        { type: "tool_result", tool_use_id: "b", content: "ERROR", is_error: true },
        { type: "text", text: "and?" },
      ],
    },
  ]);
});

test("a schema is sent closed, without the rules that the service does not know", () => {
  const schema = {
    type: "object",
    properties: {
      tags: { type: "array", minItems: 3, items: { oneOf: [{ type: "string", maxLength: 9 }, { type: "null" }] } },
      when: { type: "string", format: "date", pattern: "^2" },
    },
    required: ["tags"],
  };
  const body = toAnthropicBody(requestOf({ output: { name: "x", schema } }), options);
  expect(body["output_config"]).toEqual({
    format: {
      type: "json_schema",
      schema: {
        type: "object",
        properties: {
          tags: { type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } },
          when: { type: "string", format: "date" },
        },
        required: ["tags"],
        additionalProperties: false,
      },
    },
  });
});

test("a server that does not stream is understood, and what comes from a cache is part of the input", async () => {
  const content = [
    { type: "thinking", thinking: "Hm", signature: "s" },
    { type: "text", text: "Five." },
    { type: "server_thing", anything: [1] },
    { type: "tool_use", id: "toolu_1", name: "calculate", input: { expression: "2" } },
  ];
  const usage = { input_tokens: 1, cache_read_input_tokens: 20, cache_creation_input_tokens: 300, output_tokens: 5 };
  const opened = await openMockedProvider([json({ type: "message", content, stop_reason: "tool_use", usage })], {
    open: openAnthropic,
  });
  running.push(opened);
  expect(replyOf(await collect(opened.provider))).toEqual({
    type: "done",
    parts: [
      { type: "opaque", provider: "anthropic", block: content[0] },
      { type: "text", text: "Five." },
      { type: "opaque", provider: "anthropic", block: content[2] },
      { type: "tool_call", call: { id: "toolu_1", name: "calculate", input: { expression: "2" } } },
    ],
    usage: { inputTokens: 321, outputTokens: 5, cachedInputTokens: 20, cacheWriteTokens: 300 },
    stopReason: "tool_calls",
  });
});

/** Where the marks are. */
function marked(value: JsonValue, path = ""): string[] {
  const entries: [string, JsonValue][] = Array.isArray(value)
    ? value.map((inner, index) => [String(index), inner])
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([name, inner]) =>
    name === "cache_control" ? [path.slice(1)] : marked(inner, `${path}.${name}`),
  );
}
