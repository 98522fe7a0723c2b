import { isJsonObject } from "../../message.ts";
import type { AssistantPart, JsonObject, Message, Picture, ToolMessage } from "../../message.ts";
import type { ModelRequest, ModelTool } from "../provider.ts";
import { acceptedName, withAcceptedIds } from "./history.ts";
import { toGrammarSchema } from "./output-schema.ts";

export interface AnthropicOptions {
  model: string;
  /** Of the blocks that go back. */
  origin: string;
}

const idRule = { accepted: /^[a-zA-Z0-9_-]+$/, maxLength: 64 };
/** The service has no default; every model it serves can write as much. */
const defaultMaxTokens = 32_000;
/** Models that think unasked, and keep their thoughts to themselves unless asked to show them. */
const thinksUnasked = /^claude-(opus|sonnet|haiku|fable|mythos)-[5-9]/;

/** The body of a streamed Messages request. */
export function toAnthropicBody(request: ModelRequest, { model, origin }: AnthropicOptions): JsonObject {
  const { system, tools, output, maxOutputTokens = defaultMaxTokens } = request;
  const messages = toTurns(withAcceptedIds(request.messages, idRule), origin);
  markForCache(messages);
  return {
    model,
    max_tokens: maxOutputTokens,
    ...(system === undefined || system.trim() === "" ? {} : { system: [cached({ type: "text", text: system })] }),
    messages: messages.map(({ role, content }) => ({ role, content })),
    ...(tools.length === 0 ? {} : { tools: toWireTools(tools) }),
    ...(output === undefined
      ? {}
      : { output_config: { format: { type: "json_schema", schema: toGrammarSchema(output.schema) } } }),
    ...(thinksUnasked.test(model) ? { thinking: { type: "adaptive", display: "summarized" } } : {}),
    stream: true,
  };
}

interface Turn {
  role: "user" | "assistant";
  content: JsonObject[];
}

/** Messages of one side that follow each other are one turn: all results of a reply's tool calls must stand in one. */
function toTurns(messages: readonly Message[], origin: string): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = toBlocks(message, origin);
    const last = turns.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function toBlocks(message: Message, origin: string): JsonObject[] {
  switch (message.role) {
    case "user":
      return [...(message.images ?? []).map(toImageBlock), ...toTextBlocks(message.text)];
    case "tool":
      return [toResultBlock(message)];
    case "assistant":
      return message.parts.flatMap((part) => toReplyBlocks(part, origin));
  }
}

function toReplyBlocks(part: AssistantPart, origin: string): JsonObject[] {
  switch (part.type) {
    case "text":
      return toTextBlocks(part.text);
    case "opaque":
      return part.provider === origin && isJsonObject(part.block) ? [part.block] : [];
    case "tool_call": {
      const { id, name, input } = part.call;
      // arguments that are no object are refused; this is the documented way to show a model its own broken ones
      const object = isJsonObject(input)
        ? input
        : { INVALID_JSON: typeof input === "string" ? input : JSON.stringify(input) };
      return [{ type: "tool_use", id, name: acceptedName(name), input: object }];
    }
  }
}

/** Blocks of nothing but blanks are refused. */
function toTextBlocks(text: string): JsonObject[] {
  return text.trim() === "" ? [] : [{ type: "text", text }];
}

function toImageBlock({ mediaType, base64 }: Picture): JsonObject {
  return { type: "image", source: { type: "base64", media_type: mediaType, data: base64 } };
}

function toResultBlock({ callId, ok, text, images = [] }: ToolMessage): JsonObject {
  const pictures = images.map(toImageBlock);
  const content = pictures.length > 0 ? [...toTextBlocks(text), ...pictures] : text.trim() === "" ? undefined : text;
  const shown = content === undefined ? {} : { content };
  return { type: "tool_result", tool_use_id: callId, ...shown, ...(ok ? {} : { is_error: true }) };
}

function toWireTools(tools: readonly ModelTool[]): JsonObject[] {
  return tools.map(({ name, description, inputSchema }, index) => {
    const tool = { name, description, input_schema: inputSchema };
    return index === tools.length - 1 ? cached(tool) : tool;
  });
}

/**
 * Mark where this conversation will go on: its end, and the end before that, where the last request wrote its cache. A
 * single mark is not found again once a turn has added more than twenty blocks. Two of the four marks there may be; the
 * others stand behind the tools and the system prompt.
 *
 * Spec: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
function markForCache(turns: readonly Turn[]): void {
  const users = turns.filter(({ role }) => role === "user").slice(-2);
  for (const { content } of users) {
    const last = content.at(-1);
    if (last !== undefined) content[content.length - 1] = cached(last);
  }
}

function cached(block: JsonObject): JsonObject {
  return { ...block, cache_control: { type: "ephemeral" } };
}
