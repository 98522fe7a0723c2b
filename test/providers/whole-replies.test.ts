import { expect, test } from "vitest";
import type { Host } from "../../src/host.ts";
import type { JsonObject } from "../../src/message.ts";
import { openProvider } from "../../src/providers/index.ts";
import type { ModelEvent } from "../../src/providers/provider.ts";

/** One reply with a text and a call, as each service gives it when it does not stream. */
const replies: Record<string, JsonObject> = {
  "openai-chat": {
    object: "chat.completion",
    choices: [
      {
        index: 0,
        finish_reason: "tool_calls",
        message: {
          role: "assistant",
          content: "Adding.",
          tool_calls: [{ id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1}' } }],
        },
      },
    ],
    usage: { prompt_tokens: 7, completion_tokens: 5 },
  },
  "openai-responses": {
    object: "response",
    status: "completed",
    output: [
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Adding." }] },
      { type: "function_call", call_id: "call_1", name: "add", arguments: '{"a":1}' },
    ],
    usage: { input_tokens: 7, output_tokens: 5 },
  },
  anthropic: {
    type: "message",
    role: "assistant",
    content: [
      { type: "text", text: "Adding." },
      { type: "tool_use", id: "call_1", name: "add", input: { a: 1 } },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 7, output_tokens: 5 },
  },
};

test.each(Object.keys(replies))("%s that is not to stream asks for a whole reply and reads it", async (name) => {
  const asked: { body: JsonObject; accept: string | undefined }[] = [];
  const host: Host = {
    fetch: (_url, { body = "", headers }) => {
      asked.push({ body: JSON.parse(body) as JsonObject, accept: headers["accept"] });
      return Promise.resolve(Response.json(replies[name]));
    },
    now: () => Date.now(),
    randomId: () => "0",
    readText: () => Promise.reject(new Error("there are no files")),
  };
  const provider = await openProvider(name, { model: "m", baseUrl: "http://service", host, stream: false });
  const events: ModelEvent[] = [];
  const request = { system: "Add.", messages: [{ role: "user" as const, text: "?" }], tools: [] };
  for await (const event of provider.stream(request, new AbortController().signal)) events.push(event);
  expect(events).toEqual([
    { type: "text", text: "Adding." },
    {
      type: "done",
      parts: [
        { type: "text", text: "Adding." },
        { type: "tool_call", call: { id: "call_1", name: "add", input: { a: 1 } } },
      ],
      usage: { inputTokens: 7, outputTokens: 5 },
      stopReason: "tool_calls",
    },
  ]);
  expect(asked).toMatchObject([{ accept: "application/json" }]);
  expect(Object.keys(asked[0]?.body ?? {})).not.toEqual(expect.arrayContaining(["stream"]));
  expect(asked[0]?.body).not.toHaveProperty("stream_options");
});
