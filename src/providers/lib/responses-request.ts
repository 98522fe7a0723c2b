import { isJsonObject } from "../../message.ts";
import type { AssistantPart, JsonObject, JsonValue, Message, ToolMessage, UserMessage } from "../../message.ts";
import type { ModelRequest, ModelTool } from "../provider.ts";
import { cacheKeyOf } from "./cache-key.ts";
import { acceptedName, toDataUrl, withAcceptedIds } from "./history.ts";
import { isStrict } from "./output-schema.ts";

export interface ResponsesOptions {
  model: string;
  /** Of the items that go back. */
  origin: string;
}

const idRule = { accepted: /^[\x21-\x7e]+$/, maxLength: 64 };
/** Models of OpenAI that do not reason refuse to be asked for encrypted reasoning. */
const speaksAtOnce = /^(ft:)?(gpt-3|gpt-4|chatgpt|gpt-5-chat)/;
/** The service takes no less. */
const leastOutputTokens = 16;

/** The body of a streamed Responses request. */
export function toResponsesBody(request: ModelRequest, { model, origin }: ResponsesOptions): JsonObject {
  const { system, tools, output, maxOutputTokens } = request;
  return {
    model,
    ...(system === undefined ? {} : { instructions: system }),
    input: withAcceptedIds(request.messages, idRule).flatMap((message) => toItems(message, origin)),
    ...(tools.length === 0 ? {} : { tools: tools.map(toWireTool) }),
    ...(output === undefined ? {} : { text: { format: toWireFormat(output) } }),
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: Math.max(leastOutputTokens, maxOutputTokens) }),
    ...(speaksAtOnce.test(model) ? {} : { include: ["reasoning.encrypted_content"] }),
    prompt_cache_key: cacheKeyOf(request),
    store: false,
    stream: true,
  };
}

function toWireFormat({ name, schema }: NonNullable<ModelRequest["output"]>): JsonObject {
  return { type: "json_schema", name, schema, strict: isStrict(schema) };
}

/** Not strict: that would make every optional parameter required. */
function toWireTool({ name, description, inputSchema }: ModelTool): JsonObject {
  return { type: "function", name, description, parameters: inputSchema, strict: false };
}

function toItems(message: Message, origin: string): JsonObject[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: toWireContent(message) }];
    case "tool":
      return [{ type: "function_call_output", call_id: message.callId, output: toWireContent(message) }];
    case "assistant":
      return toReplyItems(message.parts, origin);
  }
}

function toWireContent({ text, images = [] }: UserMessage | ToolMessage): JsonValue {
  if (images.length === 0) return text;
  const pictures = images.map((image): JsonObject => ({
    type: "input_image",
    image_url: toDataUrl(image),
    detail: "auto",
  }));
  return text === "" ? pictures : [{ type: "input_text", text }, ...pictures];
}

function toReplyItems(parts: readonly AssistantPart[], origin: string): JsonObject[] {
  let phase: JsonObject = {};
  return parts.flatMap((part): JsonObject[] => {
    switch (part.type) {
      case "text": {
        const item = { role: "assistant", content: part.text, ...phase };
        phase = {};
        return [item];
      }
      case "tool_call": {
        const { id, name, input } = part.call;
        return [{ type: "function_call", call_id: id, name: acceptedName(name), arguments: JSON.stringify(input) }];
      }
      case "opaque":
        if (part.provider !== origin || !isJsonObject(part.block)) return [];
        if (part.block["type"] !== "phase") return isReadable(part.block) ? [part.block] : [];
        phase = { phase: part.block["phase"] ?? null };
        return [];
    }
  });
}

/** The service keeps nothing: it cannot find a reasoning item that does not hold its own content. */
function isReadable(item: JsonObject): boolean {
  return item["type"] !== "reasoning" || typeof item["encrypted_content"] === "string";
}
