import type { Attributes } from "@opentelemetry/api";
import type { AssistantPart, JsonValue, Message, Picture } from "../message.ts";
import type { ModelReply, ModelRequest } from "../providers/provider.ts";
import { cutText, toJson } from "../text/text.ts";
import type { ToolResult } from "../tools/tool.ts";
import { finishReasons } from "./attributes.ts";

/** Of each text; conversations are told again with every request. */
const maxTextChars = 8_000;

/** What was said, in the form of the conventions' JSON schemas. Recorded only where that is asked for. */
export function requestContent({ system, messages }: ModelRequest): Attributes {
  return {
    ...(system === undefined ? {} : { "gen_ai.system_instructions": toJson([text(system)]) }),
    "gen_ai.input.messages": toJson(messages.map(toTold)),
  };
}

export function replyContent({ parts, stopReason }: ModelReply): Attributes {
  const message = { role: "assistant", parts: parts.flatMap(toPart), finish_reason: finishReasons[stopReason] };
  return { "gen_ai.output.messages": toJson([message]) };
}

export function argumentsContent(input: unknown): Attributes {
  return { "gen_ai.tool.call.arguments": cutText(toJson(input), maxTextChars) };
}

export function resultContent(result: ToolResult): Attributes {
  return result.ok ? { "gen_ai.tool.call.result": cutText(toJson(result.value), maxTextChars) } : {};
}

function toTold(message: Message): JsonValue {
  switch (message.role) {
    case "user": {
      return { role: "user", parts: [text(message.text), ...toPictures(message)] };
    }
    case "assistant":
      return { role: "assistant", parts: message.parts.flatMap(toPart) };
    case "tool": {
      const response = cutText(message.text, maxTextChars);
      return {
        role: "tool",
        parts: [{ type: "tool_call_response", id: message.callId, response }, ...toPictures(message)],
      };
    }
  }
}

/** That there were some, and not what they show. */
function toPictures({ images = [] }: { images?: readonly Picture[] }): JsonValue[] {
  return images.map(({ mediaType }) => ({ type: "picture", mime_type: mediaType }));
}

/** Blocks of a provider's own, such as encrypted thoughts, say nothing to a reader. */
function toPart(part: AssistantPart): JsonValue[] {
  if (part.type === "opaque") return [];
  if (part.type === "text") return [text(part.text)];
  const { id, name, input } = part.call;
  const written = toJson(input);
  return [
    { type: "tool_call", id, name, arguments: written.length > maxTextChars ? cutText(written, maxTextChars) : input },
  ];
}

function text(content: string): JsonValue {
  return { type: "text", content: cutText(content, maxTextChars) };
}
