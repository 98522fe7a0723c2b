import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/message.ts";
import type { ScriptedReply } from "../../../src/testing.ts";
import { halves, isName, toArguments, type ModelFormat } from "./format.ts";

/** Chat Completions. Spec: https://platform.openai.com/docs/api-reference/chat-streaming */
export const chatFormat: ModelFormat = { stream: (reply, id) => toStream(replyEvents(reply, id)), problemOf };

/** The events of a streamed reply, as OpenAI sends them: two halves of each text and of each call's arguments. */
export function replyEvents(reply: ScriptedReply, id = "chatcmpl-1"): string[] {
  const {
    text = "",
    reasoning,
    tool_calls: calls = [],
    usage,
    stop_reason: stop,
  } = typeof reply === "string" ? { text: reply } : reply;
  const deltas: JsonObject[] = [{ role: "assistant", content: "" }];
  if (reasoning !== undefined) deltas.push({ reasoning });
  for (const piece of halves(text)) deltas.push({ content: piece });
  for (const [index, { id: callId, name }] of calls.entries()) {
    deltas.push({
      tool_calls: [{ index, id: callId ?? `${id}-${index}`, type: "function", function: { name, arguments: "" } }],
    });
  }
  const pieces = calls.map(({ input = {} }) => halves(toArguments(input)));
  for (const half of [0, 1]) {
    for (const [index, both] of pieces.entries()) {
      if (both[half] !== undefined) deltas.push({ tool_calls: [{ index, function: { arguments: both[half] } }] });
    }
  }
  const chunk = (choices: JsonValue, counted: JsonValue = null) =>
    JSON.stringify({ id, object: "chat.completion.chunk", created: 1, model: "mock", choices, usage: counted });
  const finish = stop === undefined ? (calls.length > 0 ? "tool_calls" : "stop") : finishReasons[stop];
  return [
    ...deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: finish }]),
    ...(usage ? [chunk([], { prompt_tokens: usage.input_tokens, completion_tokens: usage.output_tokens })] : []),
    "[DONE]",
  ];
}

export function toStream(events: readonly string[], newline = "\n"): string {
  return events.map((event) => `data: ${event}${newline}${newline}`).join("");
}

const finishReasons = { end: "stop", tool_calls: "tool_calls", length: "length", refusal: "content_filter" } as const;

/** Why OpenAI would refuse the request. */
function problemOf(body: JsonObject): string | undefined {
  if (typeof body["model"] !== "string" || body["stream"] !== true) return "model and stream are required";
  const tools = body["tools"];
  if (tools !== undefined && (!Array.isArray(tools) || tools.length === 0 || !tools.every(isTool))) return "bad tools";
  const messages = body["messages"];
  return Array.isArray(messages) && messages.length > 0 ? problemOfMessages(messages) : "messages are required";
}

function isTool(tool: JsonValue): boolean {
  const named = isJsonObject(tool) && tool["type"] === "function" ? tool["function"] : undefined;
  if (!isJsonObject(named) || !isJsonObject(named["parameters"])) return false;
  return isName(named["name"]) && named["parameters"]["type"] === "object";
}

/** Every tool call must be answered right behind it, each once, and nothing else may be. */
function problemOfMessages(messages: readonly JsonValue[]): string | undefined {
  let open: (JsonValue | undefined)[] = [];
  for (const [index, message] of messages.entries()) {
    if (!isJsonObject(message)) return `messages.${index} is no object`;
    const { role, content, tool_calls: calls, tool_call_id: callId } = message;
    if (role === "tool") {
      if (!open.includes(callId)) return `messages.${index} answers no call`;
      open = open.filter((id) => id !== callId);
      if (typeof content !== "string") return `messages.${index} has no content`;
      continue;
    }
    if (open.length > 0) return `before messages.${index}: calls without an answer: ${JSON.stringify(open)}`;
    if (role === "system" && index !== 0) return `messages.${index}: system must come first`;
    if (role !== "system" && role !== "user" && role !== "assistant") return `messages.${index}: bad role`;
    if (Array.isArray(calls)) {
      if (role !== "assistant" || calls.length === 0 || !calls.every(isCall))
        return `messages.${index}: bad tool_calls`;
      open = calls.map((call) => (isJsonObject(call) ? call["id"] : undefined));
      if (new Set(open).size !== open.length) return `messages.${index}: ids are not unique`;
    } else if (typeof content !== "string" && !(role === "user" && Array.isArray(content)))
      return `messages.${index} has no content`;
  }
  return open.length > 0 ? `calls without an answer at the end: ${JSON.stringify(open)}` : undefined;
}

function isCall(call: JsonValue): boolean {
  const named =
    isJsonObject(call) && typeof call["id"] === "string" && call["id"].length <= 40 ? call["function"] : undefined;
  if (!isJsonObject(named) || !isName(named["name"])) return false;
  return typeof named["arguments"] === "string" && JSON.parse(named["arguments"]) !== undefined;
}
