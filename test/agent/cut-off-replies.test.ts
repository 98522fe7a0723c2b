import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import type { Host } from "../../src/host.ts";
import type { JsonObject } from "../../src/message.ts";
import { openProvider } from "../../src/providers/index.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { problemsOf, scripted } from "../support/agent-fixtures.ts";

/** Removes everything, unless it is told to try first. */
function openRemoveTool() {
  const made: unknown[] = [];
  const tool = defineTool({
    name: "remove",
    description: "Removes files.",
    input: z.object({ dry_run: z.boolean().default(false) }),
    output: z.object({}),
    run: async (input) => {
      await Promise.resolve();
      made.push(input);
      return {};
    },
  });
  return { tool, made };
}

function hostOf(replies: readonly string[]): Host {
  let asked = 0;
  return {
    fetch: async () => {
      await Promise.resolve();
      const headers = { "content-type": "text/event-stream" };
      return new Response(replies[asked++] ?? "", { headers });
    },
    now: () => Date.now(),
    randomId: () => "0",
    readText: () => Promise.reject(new Error("there are no files")),
  };
}

const events = (...values: JsonObject[]) =>
  values.map((value) => `event: ${String(value["type"])}\ndata: ${JSON.stringify(value)}\n\n`).join("");

const chat = (message: JsonObject, reason: string | null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: message, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;
const chatCall = (text: string) => ({
  tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "remove", arguments: text } }],
});

const anthropic = (block: JsonObject, pieces: readonly string[], reason: string) =>
  events(
    { type: "message_start", message: { role: "assistant", content: [] } },
    { type: "content_block_start", index: 0, content_block: block },
    ...pieces.map((piece) => {
      return { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: piece } };
    }),
    { type: "message_delta", delta: { stop_reason: reason } },
    { type: "message_stop" },
  );
const toolUse = { type: "tool_use", id: "c1", name: "remove", input: {} };

const responses = (item: JsonObject, response: JsonObject) =>
  events(
    { type: "response.output_item.done", output_index: 0, item },
    { type: `response.${String(response["status"])}`, response },
  );
const functionCall = (text: string) => ({ type: "function_call", call_id: "c1", name: "remove", arguments: text });
const incomplete = (reason: string) => ({ status: "incomplete", incomplete_details: { reason } });

const done: Record<string, string> = {
  "openai-chat": chat({ content: "Done." }, "stop"),
  anthropic: events(
    { type: "message_start", message: { role: "assistant", content: [] } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "Done." } },
    { type: "message_delta", delta: { stop_reason: "end_turn" } },
    { type: "message_stop" },
  ),
  "openai-responses": responses(
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Done." }] },
    { status: "completed" },
  ),
};

async function runWith(name: string, reply: string) {
  const { tool, made } = openRemoveTool();
  const store = openMemoryStore();
  const host = hostOf([reply, done[name] ?? ""]);
  const provider = await openProvider(name, { model: "m", baseUrl: "http://service", host });
  const result = await createAgent({ provider, tools: [tool], store }).complete({ prompt: "go", sessionId: "s" });
  const messages = (await store.load("s"))?.messages ?? [];
  expect(problemsOf(messages)).toEqual([]);
  const answer = messages.find(({ role }) => role === "tool");
  return { result, made, told: answer?.role === "tool" ? answer.text : "" };
}

describe("the calls of a reply that was cut off", () => {
  test.each([
    ["openai-chat", "length", chat(chatCall(""), "length")],
    ["openai-chat", "length, half written", chat(chatCall('{"dry_r'), "length")],
    ["openai-chat", "no reason", chat(chatCall(""), null)],
    ["openai-chat", "a reason that nobody knows", chat(chatCall(""), "insufficient_system_resource")],
    ["anthropic", "max_tokens", anthropic(toolUse, [], "max_tokens")],
    ["anthropic", "max_tokens, half written", anthropic(toolUse, ['{"dry_r'], "max_tokens")],
    ["openai-responses", "incomplete", responses(functionCall(""), incomplete("max_output_tokens"))],
    ["openai-responses", "incomplete without a reason", responses(functionCall(""), { status: "incomplete" })],
  ])("are not made, and the model is told so: %s, %s", async (name, _reason, reply) => {
    const { result, made, told } = await runWith(name, reply);
    expect(made).toEqual([]);
    expect(told).toMatch(/^ERROR too_large: .*cut off.*remove was not called.*shorter/);
    expect(result).toMatchObject({ exit_reason: "finished", text: "Done.", turns: 2, tool_calls: 0 });
  });

  test("are made where they are whole although no reason was given", async () => {
    const { made } = await runWith("openai-chat", chat(chatCall('{"dry_run":true}'), null));
    expect(made).toEqual([{ dry_run: true }]);
  });

  test("end the run where the limit was that of its money", async () => {
    const usage = { input_tokens: 10, output_tokens: 90 };
    const steps = [{ tool_calls: [{ name: "add", input: {} }], stop_reason: "length" as const, usage }, "never"];
    const agent = scripted(steps, { maxTokens: 1_000 });
    expect(await agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "max_tokens", tool_calls: 0 });
  });

  test("count as repeated when the model makes them again and again", async () => {
    const step = { tool_calls: [{ name: "add", input: {} }], stop_reason: "length" as const };
    const agent = scripted(
      Array.from({ length: 9 }, () => step),
      { maxRepeats: 3 },
    );
    expect(await agent.complete({ prompt: "go" })).toMatchObject({ exit_reason: "repeating", turns: 3, tool_calls: 0 });
  });
});

test.each([
  ["openai-chat", chat(chatCall(""), "content_filter")],
  ["anthropic", anthropic(toolUse, [], "refusal")],
  ["openai-responses", responses(functionCall("{}"), incomplete("content_filter"))],
])("the calls of a refused reply are not made: %s", async (name, reply) => {
  const { result, made, told } = await runWith(name, reply);
  expect(made).toEqual([]);
  expect(told).toMatch(/remove was not called.*refus/);
  expect(result).toMatchObject({ exit_reason: "refused", turns: 1, tool_calls: 0 });
});
