import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { isJsonObject, type JsonObject, type JsonValue, type Message } from "../../src/message.ts";
import { toChatBody } from "../../src/providers/lib/chat-request.ts";
import { toResponsesBody } from "../../src/providers/lib/responses-request.ts";
import type { ModelRequest } from "../../src/providers/provider.ts";
import { requestOf } from "../../src/contracts/provider.ts";

/*
 * OpenAI's published OpenAPI description says what a request may hold. It is not part of the project: the environment
 * variable names the file, or it lies in a folder `shared/data` beside the checkout or beside the folder that holds it.
 */
const fileName = "openai-chat-and-responses.openapi.json";
const root = join(import.meta.dirname, "../..");
const file = [
  process.env["AXONER_OPENAI_SCHEMA"],
  join(root, "../shared/data", fileName),
  join(root, "../../shared/data", fileName),
].find((path) => path !== undefined && existsSync(path));
if (file === undefined) {
  console.warn(`SKIPPED: requests are not checked against OpenAI's schema; AXONER_OPENAI_SCHEMA names ${fileName}`);
}

const calls: Message[] = [
  { role: "user", text: "What is it?", images: [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }] },
  {
    role: "assistant",
    parts: [
      {
        type: "opaque",
        provider: "o",
        block: {
          id: "rs_1",
          type: "reasoning",
          summary: [{ type: "summary_text", text: "Hm" }],
          encrypted_content: "x",
        },
      },
      { type: "opaque", provider: "another", block: { type: "thinking", thinking: "Hm", signature: "s" } },
      { type: "opaque", provider: "o", block: { type: "phase", phase: "commentary" } },
      { type: "text", text: "Let me see." },
      { type: "tool_call", call: { id: `toolu_${"x".repeat(90)}`, name: "calculate", input: { expression: "2+3" } } },
      { type: "tool_call", call: { id: "b", name: "no such.tool", input: "{" } },
    ],
  },
  { role: "tool", callId: `toolu_${"x".repeat(90)}`, name: "calculate", ok: true, text: '{"result":"5"}' },
  {
    role: "tool",
    callId: "b",
    name: "no such.tool",
    ok: false,
    text: "",
    images: [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }],
  },
  { role: "assistant", parts: [] },
  { role: "user", text: "And now?" },
];
const output = { name: "answer", schema: { type: "object", properties: { colour: { type: "string" } } } };

const requests: [string, ModelRequest][] = [
  ["a question", requestOf()],
  ["a question without anything else", requestOf({ system: undefined, tools: [] })],
  ["a picture, answered calls and foreign parts", requestOf({ messages: calls })],
  ["a format and a limit", requestOf({ output, maxOutputTokens: 1 })],
];

describe.skipIf(file === undefined)("OpenAI's schema takes", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  if (file !== undefined) ajv.addSchema(toJsonSchema(JSON.parse(readFileSync(file, "utf8")) as JsonObject), "openai");
  const problemsOf = (schema: string, body: JsonObject) => {
    const validate = ajv.getSchema(`openai#/components/schemas/${schema}`);
    if (validate === undefined) throw new Error(`there is no schema ${schema}`);
    return validate(body) ? [] : validate.errors;
  };

  test.each(requests)("%s to Responses", (_what, request) => {
    const body = toResponsesBody(request, { model: "gpt-6-luna", origin: "o" });
    expect(problemsOf("CreateResponse", body)).toEqual([]);
  });

  test.each(requests)("%s to Chat Completions", (_what, request) => {
    const body = toChatBody(request, { model: "gpt-4.1", dialect: "openai", origin: "chat" });
    expect(problemsOf("CreateChatCompletionRequest", body)).toEqual([]);
  });

  test("and refuses what is wrong", () => {
    const right = toResponsesBody(requestOf(), { model: "gpt-6-luna", origin: "o" });
    expect(problemsOf("CreateResponse", { ...right, input: [{ role: "nobody", content: "?" }] })).not.toEqual([]);
    expect(problemsOf("CreateResponse", { ...right, tools: [{ type: "function", name: "x" }] })).not.toEqual([]);
    const chat = toChatBody(requestOf(), { model: "gpt-4.1", dialect: "openai", origin: "chat" });
    expect(problemsOf("CreateChatCompletionRequest", { ...chat, messages: [{ role: "tool" }] })).not.toEqual([]);
    expect(problemsOf("CreateChatCompletionRequest", { ...chat, stream: "yes" })).not.toEqual([]);
  });
});

/**
 * Without a key of OpenAPI 3.0 that the description still has here and there, and that JSON Schema does not know. Its
 * `oneOf` means a union: a message of a user is described twice there, so that it would never be exactly one.
 */
function toJsonSchema(value: JsonValue): JsonObject {
  const strip = (inner: JsonValue): JsonValue => {
    if (Array.isArray(inner)) return inner.map(strip);
    if (!isJsonObject(inner)) return inner;
    const kept = Object.entries(inner).filter(([name, given]) => name !== "nullable" || typeof given !== "boolean");
    return Object.fromEntries(kept.map(([name, given]) => [name === "oneOf" ? "anyOf" : name, strip(given)]));
  };
  const stripped = strip(value);
  return isJsonObject(stripped) ? stripped : {};
}
