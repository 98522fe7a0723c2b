import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/message.ts";
import { halves, isName, objects, sign, toArguments, type ModelFormat, type WholeReply } from "./format.ts";

/** Anthropic's Messages. Spec: https://platform.claude.com/docs/en/build-with-claude/streaming */
export const anthropicFormat: ModelFormat = {
  stream: (reply, id) => replyEvents(reply, id).map(toEvent).join(""),
  problemOf(body, headers) {
    if (!/^(2023-06-01|2026-10-21)$/.test(String(headers["anthropic-version"])))
      return "anthropic-version: header is required";
    if (typeof body["model"] !== "string" || body["stream"] !== true) return "model and stream are required";
    if (!Number.isInteger(body["max_tokens"])) return "max_tokens: Field required";
    if (JSON.stringify(body).split('"cache_control"').length > 5) return "A maximum of 4 blocks may have cache_control";
    const tools = body["tools"] === undefined ? [] : objects(body["tools"]);
    if (!tools.every(({ name, input_schema: schema }) => isName(name) && isJsonObject(schema)))
      return "tools: bad tool";
    return problemOfMessages(objects(body["messages"]));
  },
};

function toEvent(event: JsonObject): string {
  return `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`;
}

const stopReasons = { end: "end_turn", tool_calls: "tool_use", length: "max_tokens", refusal: "refusal" } as const;

/** Two halves of each text, thought and tool call, and a ping among them. */
function replyEvents(reply: WholeReply, id: string): JsonObject[] {
  const { text = "", reasoning, tool_calls: calls = [], usage, stop_reason: stop } = reply;
  const blocks: [start: JsonObject, deltas: JsonObject[]][] = [];
  if (reasoning !== undefined) {
    const thoughts = halves(reasoning).map((half) => ({ type: "thinking_delta", thinking: half }));
    const signature = { type: "signature_delta", signature: sign(reasoning) };
    blocks.push([{ type: "thinking", thinking: "", signature: "" }, [...thoughts, signature]]);
  }
  if (text !== "") {
    blocks.push([{ type: "text", text: "" }, halves(text).map((half) => ({ type: "text_delta", text: half }))]);
  }
  for (const [index, { name, input, id: callId = `toolu_${id}_${index}` }] of calls.entries()) {
    const pieces = ["", ...halves(toArguments(input))];
    const deltas = pieces.map((partial_json) => ({ type: "input_json_delta", partial_json }));
    blocks.push([{ type: "tool_use", id: callId, name, input: {} }, deltas]);
  }
  const message = { id, type: "message", role: "assistant", model: "mock", content: [], stop_reason: null };
  const counts = usage && { input_tokens: usage.input_tokens, output_tokens: 1 };
  const stopReason = stopReasons[stop ?? (calls.length > 0 ? "tool_calls" : "end")];
  return [
    { type: "message_start", message: { ...message, stop_sequence: null, ...(counts ? { usage: counts } : {}) } },
    { type: "ping" },
    ...blocks.flatMap(([block, deltas], index): JsonObject[] => [
      { type: "content_block_start", index, content_block: block },
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ]),
    {
      type: "message_delta",
      delta: { stop_reason: stopReason, stop_sequence: null },
      ...(usage ? { usage: { output_tokens: usage.output_tokens } } : {}),
    },
    { type: "message_stop" },
  ];
}

/** Sides take turns, every tool call is answered at the beginning of the next turn, and thoughts are the service's own. */
function problemOfMessages(messages: readonly JsonObject[]): string | undefined {
  const ids = new Set<JsonValue | undefined>();
  let open: (JsonValue | undefined)[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const where = `messages.${index}`;
    const blocks = objects(content);
    if (role !== (index % 2 === 0 ? "user" : "assistant")) return `${where}: roles must alternate, beginning with user`;
    if (blocks.length === 0) return `${where}: content must not be empty`;
    const results = blocks.filter(({ type }) => type === "tool_result");
    if (!open.every((id) => results.some((result) => result["tool_use_id"] === id))) {
      return `${where}: tool_use ids were found without tool_result blocks immediately after: ${JSON.stringify(open)}`;
    }
    if (results.length !== open.length || blocks.slice(0, results.length).some(({ type }) => type !== "tool_result")) {
      return `${where}: unexpected tool_result`;
    }
    open = [];
    for (const block of blocks) {
      const problem = problemOfBlock(block);
      if (problem !== undefined) return `${where}: ${problem}`;
      if (block["type"] !== "tool_use") continue;
      if (ids.has(block["id"])) return `${where}: tool_use ids must be unique`;
      ids.add(block["id"]);
      open.push(block["id"]);
    }
  }
  if (messages.length === 0 || messages.length % 2 === 0) return "messages: this model does not support prefill";
  return undefined;
}

function problemOfBlock(block: JsonObject): string | undefined {
  switch (block["type"]) {
    case "text":
      return String(block["text"]).trim() === "" ? "text content blocks must contain non-whitespace text" : undefined;
    case "thinking":
      return block["signature"] === sign(String(block["thinking"]))
        ? undefined
        : "Invalid `signature` in `thinking` block";
    case "redacted_thinking":
      return typeof block["data"] === "string" ? undefined : "redacted_thinking.data: Field required";
    case "tool_use": {
      const fits = typeof block["id"] === "string" && /^[a-zA-Z0-9_-]+$/.test(block["id"]) && isName(block["name"]);
      return fits && isJsonObject(block["input"]) ? undefined : "tool_use: bad id, name or input";
    }
    case "tool_result":
      if (block["content"] === "") return "tool_result: content must not be empty";
      return Array.isArray(block["content"]) ? objects(block["content"]).map(problemOfBlock).find(Boolean) : undefined;
    case "image":
      return isJsonObject(block["source"]) && block["source"]["type"] === "base64" ? undefined : "image: bad source";
    default:
      return `unknown block ${JSON.stringify(block["type"])}`;
  }
}
