import { afterEach, describe, expect, test } from "vitest";
import { ConfigError, errorMessage, ProviderError } from "../../src/errors.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { collect, replyOf, textOf } from "../../src/contracts/provider.ts";
import {
  key,
  openMockedProvider,
  serviceOptions,
  type Mocking,
  type OpenedProvider,
} from "../support/mocked-provider.ts";
import { json, stream, toStream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(options: Mocking, answers: readonly Answer[], path?: string): Promise<OpenedProvider> {
  const opened = await openMockedProvider(answers, options, path);
  running.push(opened);
  return opened;
}

interface Format {
  name: string;
  open: (options: ServiceOptions) => Provider;
  /** The beginning of a reply, with nothing to show in it. */
  begun: string;
  /** A call without an id, without a name and with broken arguments, in a reply that is whole. */
  oddCalls: string;
  /** Of so many calls. */
  manyCalls: (count: number) => string;
}

const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const toolUse = (index: number, id?: string, partial_json = "{}") =>
  event({ type: "content_block_start", index, content_block: { type: "tool_use", id, name: "calculate", input: {} } }) +
  event({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } });
const stopped = event({ type: "message_delta", delta: { stop_reason: "tool_use" } }) + event({ type: "message_stop" });
const functionCall = (output_index: number, call_id?: string, text = "{}") =>
  event({
    type: "response.output_item.done",
    output_index,
    item: { type: "function_call", call_id, name: "calculate", arguments: text },
  });
const completed = event({ type: "response.completed", response: { object: "response", output: [], error: null } });
const toolCalls = (calls: object[]) =>
  toStream([JSON.stringify({ choices: [{ delta: { tool_calls: calls }, finish_reason: "tool_calls" }] }), "[DONE]"]);
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

const formats: Format[] = [
  {
    name: "anthropic",
    open: openAnthropic,
    begun: event({ type: "message_start", message: { type: "message", content: [] } }),
    oddCalls:
      event({ type: "message_start", message: {} }) + toolUse(0, "x", '{"a":') + toolUse(1) + toolUse(2, "x") + stopped,
    manyCalls: (count) =>
      [
        event({ type: "message_start", message: {} }),
        ...range(count).map((index) => toolUse(index, "same")),
        stopped,
      ].join(""),
  },
  {
    name: "openai-responses",
    open: openOpenAiResponses,
    begun: event({ type: "response.created", response: { object: "response", output: [] } }),
    oddCalls: functionCall(0, "x", '{"a":') + functionCall(1) + functionCall(2, "x") + completed,
    manyCalls: (count) => [...range(count).map((index) => functionCall(index, "same")), completed].join(""),
  },
  {
    name: "openai-chat",
    open: openOpenAi,
    begun: event({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] }),
    oddCalls: toolCalls([
      { index: 0, id: "x", function: { name: "calculate", arguments: '{"a":' } },
      { index: 1, function: { name: "calculate", arguments: "{}" } },
      { index: 2, id: "x", function: { name: "calculate", arguments: "{}" } },
    ]),
    manyCalls: (count) =>
      toolCalls(range(count).map((index) => ({ index, id: "same", function: { name: "calculate", arguments: "{}" } }))),
  },
];

describe.each(formats)("$name", ({ open, begun, oddCalls, manyCalls }) => {
  const html = { raw: { headers: { "content-type": "text/html" }, pieces: ["<!doctype html><title>Hi</title>"] } };

  test.each([
    ["HTML", html, /HTML page titled "Hi".*base URL/s],
    ["nothing", { raw: { pieces: [] } }, /answered with nothing/],
    [
      "half a JSON document",
      { raw: { pieces: ['{"id": "x", "content": [{"te'] } },
      /broke off before its reply had begun/,
    ],
    ["JSON of something else", json(["a", "list"]), /not with a reply of a model/],
    ["JSON that says nothing", json({ hello: "world" }), /nothing|not with a reply/],
    ["an error inside a 200", json({ error: { message: "model overheated", code: 400 } }), /model overheated/],
    [
      "a stream of something else",
      stream(['data: {"hello":"world"}\n\n', "data: 7\n\n"]),
      /not with a reply of a model/,
    ],
    ["half a reply", stream([begun]), /broke off in the middle/],
    [
      "a redirect to a private address",
      { raw: { status: 302, headers: { location: "http://169.254.169.254/latest/" } } },
      /redirects to http:\/\/169.254.169.254\/latest\/: correct the base URL/,
    ],
    ["a key that is quoted", json({ error: { message: `bad ${key}` } }, 401), /bad \*\*\*.*check MOCK_API_KEY/],
  ] satisfies [string, Answer, RegExp][])("%s is a clear error", async (_what, answer, message) => {
    const { provider } = await start({ open }, [answer]);
    const failure: unknown = await collect(provider).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ProviderError);
    expect(errorMessage(failure)).toMatch(message);
    expect(errorMessage(failure)).not.toContain(key);
  });

  test("a stream that stalls is given up after the longest silence", async () => {
    const { provider, server } = await start({ open, idleMs: 100 }, [stream([begun], "hang")]);
    await expect(collect(provider)).rejects.toThrow(/sent nothing for 0.1 s/);
    await expect.poll(() => server.openReplies()).toBe(0);
  });

  test("calls without an id, with the id of another or with broken arguments are calls", async () => {
    const { provider } = await start({ open }, [stream([oddCalls])]);
    const { parts } = replyOf(await collect(provider));
    const calls = parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
    expect(calls.map(({ input }) => input)).toEqual(['{"a":', {}, {}]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(calls.every(({ id, name }) => id !== "" && name === "calculate")).toBe(true);
  });

  test("ten thousand calls of one id come with ids of their own, and go back", async () => {
    const { provider } = await start({ open }, [stream([manyCalls(10_000)]), "thanks"]);
    const { parts } = replyOf(await collect(provider));
    const calls = parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
    expect(new Set(calls.map(({ id }) => id)).size).toBe(10_000);
    const events = await collect(provider, {
      messages: [
        { role: "user", text: "many" },
        { role: "assistant", parts },
        ...calls.map(({ id, name }) => ({ role: "tool", callId: id, name, ok: true, text: "1" }) as const),
      ],
    });
    expect(textOf(events)).toBe("thanks");
  });

  test("a prompt of 10 MB arrives, with half a character made whole", async () => {
    const { provider, server } = await start({ open }, ["long"]);
    expect(
      textOf(await collect(provider, { messages: [{ role: "user", text: `${"ü".repeat(5_000_000)}\ud83d` }] })),
    ).toBe("long");
    const sent = JSON.stringify(server.requests[0]?.body);
    expect(sent.length).toBeGreaterThan(5_000_000);
    expect(sent).toContain("ü\ufffd");
  });

  test.each(["", "/", "/v1", "/v1/"])("the base URL …%s leads to the same place", async (path) => {
    const { provider } = await start({ open }, ["hello"], path);
    expect(textOf(await collect(provider))).toBe("hello");
  });

  test.each([
    ["a key with a line break", { apiKey: "sk-secret\nX-Evil: 1" }],
    ["a base URL with a password", { baseUrl: "https://user:sk-secret@host/v1" }],
    ["a base URL that is none", { baseUrl: "sk-secret" }],
  ])("%s is refused, and not shown", (_what, options) => {
    const make = () => open({ ...serviceOptions("http://127.0.0.1"), ...options });
    expect(make).toThrow(ConfigError);
    expect(make).not.toThrow(/sk-secret/);
  });
});

test.each([
  ["no choice, streamed", stream([toStream(['{"choices":[]}', "[DONE]"])])],
  ["an empty choice, streamed", stream([toStream(['{"choices":[{}]}', "[DONE]"])])],
  [
    "a choice that says nothing and why it stopped",
    stream([toStream(['{"choices":[{"delta":{},"finish_reason":null}]}', "[DONE]"])]),
  ],
  ["no choice", json({ id: "x", object: "chat.completion", choices: [] })],
  ["an empty choice", json({ id: "x", object: "chat.completion", choices: [{}] })],
  ["a choice without a message", json({ id: "x", object: "chat.completion", choices: [{ index: 0, message: null }] })],
] satisfies [string, Answer][])("%s is a clear error", async (_what, answer) => {
  const { provider } = await start({}, [answer]);
  const failure: unknown = await collect(provider).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(errorMessage(failure)).toMatch(/nothing|not with a reply of a model|broke off/);
});

test("of two choices the first is taken, however they alternate", async () => {
  const chunk = (index: number, content: string, finish_reason: string | null = null) =>
    JSON.stringify({ choices: [{ index, delta: { content }, finish_reason }] });
  const chunks = [chunk(1, "no "), chunk(0, "yes "), chunk(1, "no", "stop"), chunk(0, "indeed"), chunk(0, "", "stop")];
  const { provider } = await start({}, [stream([toStream([...chunks, "[DONE]"])])]);
  expect(textOf(await collect(provider))).toBe("yes indeed");
});

test("thoughts and text in parts, as Mistral sends them, are told apart", async () => {
  const content = [
    { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
    { type: "text", text: "Five." },
  ];
  const chunk = JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: "stop" }] });
  const { provider } = await start({}, [stream([toStream([chunk, "[DONE]"])])]);
  const events = await collect(provider);
  expect(events.slice(0, -1)).toEqual([
    { type: "reasoning", text: "Hm." },
    { type: "text", text: "Five." },
  ]);
});
