import type { AssistantPart, JsonObject, Message, ToolCall, ToolMessage, UserMessage } from "../../message.ts";
import type { ModelRequest, ModelTool } from "../provider.ts";
import { cacheKeyOf } from "./cache-key.ts";
import { acceptedName, toDataUrl, withAcceptedIds } from "./history.ts";
import { isStrict } from "./output-schema.ts";

/** Where services that speak the same format differ: `compatible` is what all of them take. */
export type ChatDialect = "openai" | "groq" | "compatible";

export interface ChatOptions {
  model: string;
  dialect: ChatDialect;
  /** Of the reasoning that goes back. */
  origin: string;
}

/** OpenAI refuses ids that are longer. */
const idRule = { accepted: /^[\x21-\x7e]+$/, maxLength: 40 };

/** The body of a streamed Chat Completions request. */
export function toChatBody(request: ModelRequest, { model, dialect, origin }: ChatOptions): JsonObject {
  const { system, tools, output, maxOutputTokens } = request;
  const accepted = withPicturesApart(withAcceptedIds(request.messages, idRule));
  const messages = inTurn(accepted).map((message) => toWireMessage(message, origin));
  const limit = dialect === "compatible" ? "max_tokens" : "max_completion_tokens";
  return {
    model,
    messages: system === undefined ? messages : [{ role: "system", content: system }, ...messages],
    // an empty list is refused
    ...(tools.length === 0 ? {} : { tools: tools.map(toWireTool) }),
    ...(output === undefined ? {} : { response_format: { type: "json_schema", json_schema: toWireFormat(output) } }),
    ...(maxOutputTokens === undefined ? {} : { [limit]: maxOutputTokens }),
    ...(dialect === "openai" ? { prompt_cache_key: cacheKeyOf(request) } : {}),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/**
 * Answers to calls hold text alone here, and stand right behind their calls: the pictures of tools follow as the user's,
 * behind the last of them.
 */
function withPicturesApart(messages: readonly Message[]): Message[] {
  const returned: ToolMessage[] = [];
  return messages.flatMap((message, index): Message[] => {
    if (message.role !== "tool") return [message];
    if (message.images !== undefined) returned.push(message);
    if (messages[index + 1]?.role === "tool" || returned.length === 0) return [message];
    const tools = returned.map(({ name, images = [] }) => `${name}: ${images.length}`).join(", ");
    const images = returned.splice(0).flatMap((one) => one.images ?? []);
    return [
      message,
      { role: "user", text: `[Pictures that your tool calls returned, in their order: ${tools}]`, images },
    ];
  });
}

/**
 * Replies that say nothing are left out, and what the user said twice in a row, as after a reply that was broken off, is
 * said at once: many servers refuse the one or the other.
 */
function inTurn(messages: readonly Message[]): Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.role === "assistant" && message.parts.every(isSilent)) continue;
    if (message.role !== "user" || last?.role !== "user") turns.push(message);
    else {
      const text = [last.text, message.text].filter((one) => one !== "").join("\n\n");
      const images = [...(last.images ?? []), ...(message.images ?? [])];
      turns[turns.length - 1] = { role: "user", text, images };
    }
  }
  return turns;
}

function isSilent(part: AssistantPart): boolean {
  return part.type === "opaque" || (part.type === "text" && part.text === "");
}

function toWireFormat({ name, schema }: NonNullable<ModelRequest["output"]>): JsonObject {
  return { name, schema, strict: isStrict(schema) };
}

function toWireTool({ name, description, inputSchema }: ModelTool): JsonObject {
  return { type: "function", function: { name, description, parameters: inputSchema } };
}

function toWireMessage(message: Message, origin: string): JsonObject {
  switch (message.role) {
    case "user":
      return { role: "user", content: toWireContent(message) };
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: message.text };
    case "assistant":
      return toWireReply(message.parts, origin);
  }
}

function toWireContent({ text, images = [] }: UserMessage): JsonObject[] | string {
  if (images.length === 0) return text;
  const pictures = images.map((image): JsonObject => ({ type: "image_url", image_url: { url: toDataUrl(image) } }));
  return text === "" ? pictures : [{ type: "text", text }, ...pictures];
}

function toWireReply(parts: readonly AssistantPart[], origin: string): JsonObject {
  const content = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const calls = parts.flatMap((part) => (part.type === "tool_call" ? [toWireCall(part.call)] : []));
  if (calls.length === 0) return { role: "assistant", content };
  // reasoning is of use while its tool calls go on; services that want it want it with those
  const reasoning = parts.flatMap((part) => (part.type === "opaque" && part.provider === origin ? [part.block] : []));
  return Object.assign({}, ...reasoning, {
    role: "assistant",
    content: content === "" ? null : content,
    tool_calls: calls,
  }) as JsonObject;
}

/** Arguments that were no JSON go back as a JSON string: templates of local servers parse them and would fail. */
function toWireCall({ id, name, input }: ToolCall): JsonObject {
  return { id, type: "function", function: { name: acceptedName(name), arguments: JSON.stringify(input) } };
}
