import type { AssistantPart, JsonObject, Message } from "../../message.ts";
import type { ModelRequest } from "../provider.ts";

/** The body of a streamed Chat Completions request. */
export function toWireRequest(model: string, { system, messages, tools }: ModelRequest): JsonObject {
  const instructions: JsonObject[] = system === undefined ? [] : [{ role: "system", content: system }];
  return {
    model,
    messages: [...instructions, ...messages.map(toWireMessage)],
    // an empty list is refused
    ...(tools.length === 0 ? {} : { tools: tools.map(toWireTool) }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function toWireTool({ name, description, inputSchema }: ModelRequest["tools"][number]): JsonObject {
  return { type: "function", function: { name, description, parameters: inputSchema } };
}

function toWireMessage(message: Message): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: message.text };
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: message.text };
    case "assistant":
      return toWireReply(message.parts);
  }
}

function toWireReply(parts: readonly AssistantPart[]): JsonObject {
  const content = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const calls = parts.flatMap((part) => (part.type === "tool_call" ? [toWireCall(part.call)] : []));
  return calls.length === 0
    ? { role: "assistant", content }
    : { role: "assistant", content: content === "" ? null : content, tool_calls: calls };
}

/**
 * Arguments that were no JSON go back as a JSON string: templates of local servers parse them and would fail.
 * Names that the model made up are spelt so that the service accepts its own words.
 */
function toWireCall({ id, name, input }: { id: string; name: string; input: JsonObject[string] }): JsonObject {
  const accepted = name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unnamed";
  return { id, type: "function", function: { name: accepted, arguments: JSON.stringify(input) } };
}
