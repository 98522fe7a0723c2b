import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { isJsonObject, type JsonObject, type JsonValue, type Message } from "../../src/message.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openProvider } from "../../src/providers/index.ts";
import type { ModelRequest, Provider } from "../../src/providers/provider.ts";
import type { ScriptedReply } from "../../src/testing.ts";
import { collect, replyOf } from "../../src/contracts/provider.ts";
import { key } from "../support/mocked-provider.ts";
import { openModelServer, type ModelServer, type ReceivedRequest } from "../support/model-server.ts";
import { leadingTo, toMockPath } from "../support/to-mock.ts";

/*
 * What our clients send is compared with what the services' own clients send for the same conversation, written as
 * their documentation does, and carried on with what they made of the same replies: thoughts and signatures included.
 */

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const picture = { mediaType: "image/png", base64: "iVBORw0KGgo=" };
const parameters = {
  type: "object" as const,
  properties: { expression: { type: "string" } },
  required: ["expression"],
};
const tool = { name: "calculate", description: "Evaluates." };
const schema = {
  type: "object" as const,
  properties: { sum: { type: "number" }, unit: { type: "string", enum: ["m", "km"] } },
  required: ["sum", "unit"],
  additionalProperties: false,
};

const replies: ScriptedReply[] = [
  {
    reasoning: "Two sums; both “at once” 😀.",
    text: '{"sum":0,"unit":"m"}',
    tool_calls: [
      { name: "calculate", input: { expression: "2 + 3" }, id: "call_1" },
      { name: "calculate", input: { expression: "4 × 5" }, id: "call_2" },
    ],
    usage: { input_tokens: 12, output_tokens: 34 },
  },
  { text: '{"sum":25,"unit":"m"}', usage: { input_tokens: 56, output_tokens: 7 } },
];

/** The same conversation through our client: a question with a picture, two calls, their results. */
async function converse(name: string, model: string): Promise<ReceivedRequest[]> {
  const server = await openServer();
  const provider = await openFor(name, { model, server });
  const question: Message = { role: "user", text: "How far?", images: [picture] };
  const request: Partial<ModelRequest> = {
    system: "Be brief.",
    tools: [{ ...tool, inputSchema: parameters }],
    output: { name: "answer", schema },
    maxOutputTokens: 900,
  };
  const { parts } = replyOf(await collect(provider, { ...request, messages: [question] }));
  const results: Message[] = [
    { role: "tool", callId: "call_1", name: "calculate", ok: true, text: "5" },
    { role: "tool", callId: "call_2", name: "calculate", ok: false, text: "ERROR invalid_input: no such sign" },
  ];
  await collect(provider, { ...request, messages: [question, { role: "assistant", parts }, ...results] });
  return server.requests;
}

test("Anthropic's Messages", async () => {
  const server = await openServer();
  const client = new Anthropic({ apiKey: key, baseURL: server.origin, maxRetries: 0 });
  const source = { type: "base64", media_type: "image/png", data: picture.base64 } as const;
  const messages: Anthropic.MessageParam[] = [
    {
      role: "user",
      content: [
        { type: "image", source },
        { type: "text", text: "How far?" },
      ],
    },
  ];
  const params = {
    model: "claude-sonnet-5-5",
    max_tokens: 900,
    system: "Be brief.",
    thinking: { type: "adaptive", display: "summarized" },
    tools: [{ ...tool, input_schema: parameters }],
    output_config: { format: { type: "json_schema", schema } },
  } satisfies Partial<Anthropic.MessageStreamParams>;
  const { content } = await client.messages.stream({ ...params, messages }).finalMessage();
  messages.push({ role: "assistant", content: content as Anthropic.ContentBlockParam[] });
  messages.push({
    role: "user",
    content: [
      { type: "tool_result", tool_use_id: "call_1", content: "5" },
      { type: "tool_result", tool_use_id: "call_2", content: "ERROR invalid_input: no such sign", is_error: true },
    ],
  });
  await client.messages.stream({ ...params, messages }).finalMessage();

  const ours = await converse("anthropic", "claude-sonnet-5-5");
  expect(ours.map(({ body }) => meaning(body))).toEqual(server.requests.map(({ body }) => meaning(body)));
  expectSameHeaders(ours, server, ["anthropic-version", "content-type"]);
  // the service takes a key either way; its documentation has it as ours
  expect(ours[0]?.headers["x-api-key"]).toBe(key);
  expect(server.requests[0]?.authorization).toBe(`Bearer ${key}`);
});

test("OpenAI's Responses", async () => {
  const server = await openServer();
  const client = openAiClient(server);
  const input: OpenAI.Responses.ResponseInput = [
    {
      role: "user",
      content: [
        { type: "input_text", text: "How far?" },
        { type: "input_image", image_url: `data:image/png;base64,${picture.base64}`, detail: "auto" },
      ],
    },
  ];
  const params = {
    model: "gpt-6-luna",
    instructions: "Be brief.",
    max_output_tokens: 900,
    tools: [{ type: "function", ...tool, parameters, strict: false }],
    text: { format: { type: "json_schema", name: "answer", schema, strict: true } },
    include: ["reasoning.encrypted_content"],
    store: false,
  } satisfies OpenAI.Responses.ResponseCreateParams;
  const { output } = await client.responses.stream({ ...params, input }).finalResponse();
  input.push(...(output as OpenAI.Responses.ResponseInputItem[]));
  input.push({ type: "function_call_output", call_id: "call_1", output: "5" });
  input.push({ type: "function_call_output", call_id: "call_2", output: "ERROR invalid_input: no such sign" });
  await client.responses.stream({ ...params, input }).finalResponse();

  const ours = await converse("openai", "gpt-6-luna");
  expect(ours.map(({ body }) => meaning(body))).toEqual(server.requests.map(({ body }) => meaning(body)));
  expectSameHeaders(ours, server, ["authorization", "content-type"]);
});

test.each([
  ["OpenAI's Chat Completions", "openai-chat", "gpt-4.1-mini"],
  ["Groq", "groq", "openai/gpt-oss-120b"],
])("%s", async (_what, name, model) => {
  const server = await openServer();
  const client = openAiClient(server);
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content: [
        { type: "text", text: "How far?" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${picture.base64}` } },
      ],
    },
  ];
  const params = {
    model,
    max_completion_tokens: 900,
    tools: [{ type: "function", function: { ...tool, parameters } }],
    response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
    stream_options: { include_usage: true },
  } satisfies Partial<OpenAI.ChatCompletionCreateParams>;
  const [choice] = (await client.chat.completions.stream({ ...params, messages }).finalChatCompletion()).choices;
  if (choice !== undefined) messages.push(choice.message);
  messages.push({ role: "tool", tool_call_id: "call_1", content: "5" });
  messages.push({ role: "tool", tool_call_id: "call_2", content: "ERROR invalid_input: no such sign" });
  await client.chat.completions.stream({ ...params, messages }).finalChatCompletion();

  const ours = await converse(name, model);
  expect(ours.map(({ body }) => meaning(body))).toEqual(server.requests.map(({ body }) => meaning(body)));
  expectSameHeaders(ours, server, ["authorization", "content-type"]);
});

/** What their clients leave to their users, and what they add to a reply that goes back without changing what it says. */
const withoutMeaning = new Set(["cache_control", "prompt_cache_key", "parsed", "parsed_arguments", "parsed_output"]);

/** A body without hints for caches and copies of what is there already, with every content spelt out in blocks. */
function meaning(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(meaning);
  if (!isJsonObject(value)) return value;
  const { type, role, content } = value;
  // an item of Responses that goes back says who said what; its own id is that of a copy that nobody stored
  if (type === "message" || type === "function_call") return meaning(withoutItemId(value));
  const kept = Object.entries(value).filter(([name, inner]) => !withoutMeaning.has(name) && inner !== null);
  const spelt = Object.fromEntries(kept.map(([name, inner]) => [name, meaning(inner)]));
  if (typeof spelt["system"] === "string") spelt["system"] = [{ type: "text", text: spelt["system"] }];
  return role === "assistant" && Array.isArray(content) && content.every(isOutputText)
    ? { ...spelt, content: content.map((part) => (isJsonObject(part) ? part["text"] : "")).join("") }
    : spelt;
}

function withoutItemId({ id: _id, status: _status, ...item }: JsonObject): JsonObject {
  if (item["type"] !== "message") return { ...item, type: "function_call_" };
  const { type: _type, ...message } = item;
  return message;
}

function isOutputText(part: JsonValue): boolean {
  return isJsonObject(part) && part["type"] === "output_text";
}

async function openServer(): Promise<ModelServer> {
  const server = await openModelServer(replies);
  closing.push(() => server.close());
  return server;
}

async function openFor(name: string, { model, server }: { model: string; server: ModelServer }): Promise<Provider> {
  const host = openNodeHost();
  closing.unshift(() => host.close());
  return openProvider(name, { model, apiKey: key, host: leadingTo(server.origin, host) });
}

function openAiClient(server: ModelServer): OpenAI {
  return new OpenAI({
    apiKey: key,
    maxRetries: 0,
    fetch: (url, init) => fetch(`${server.origin}${toMockPath(String(url))}`, init),
  });
}

function expectSameHeaders(ours: readonly ReceivedRequest[], server: ModelServer, names: readonly string[]): void {
  const pick = ({ path, headers }: ReceivedRequest) => [path, ...names.map((name) => headers[name])];
  expect(ours).toHaveLength(2);
  expect(ours.map(pick)).toEqual(server.requests.map(pick));
}
