import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { boundedJson } from "../text/bounded-json.ts";
import { errorCodes, type ErrorCode } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { cutText } from "../text/text.ts";
import type { Image, ToolDefinition, ToolResult } from "../tools/tool.ts";

const maxTextChars = 1_000_000;
const maxDescriptionChars = 4_000;
const maxImages = 8;

/** What another server's tool returned, as a result of ours. */
export function fromCallToolResult({ content, structuredContent, isError }: CallToolResult): ToolResult {
  const text = content.flatMap(textOf).join("\n");
  const structured = isJsonObject(structuredContent) ? structuredContent : undefined;
  if (isError === true) return failure(text, structured);
  const images = content.flatMap((part): Image[] => {
    return part.type === "image" ? [{ data: part.data, mimeType: part.mimeType }] : [];
  });
  const value = bounded(structured ?? { text });
  return images.length === 0 ? { ok: true, value } : { ok: true, value, images: images.slice(0, maxImages) };
}

interface Here {
  /** What it is called here. */
  name: string;
  server: string;
  /** Whether the user says that it only reads. */
  isReadOnly: boolean;
}

export function toDefinition(
  { name, server, isReadOnly }: Here,
  { description, inputSchema, annotations }: Tool,
): ToolDefinition {
  return {
    name,
    description: cutText(description ?? annotations?.title ?? "", maxDescriptionChars),
    inputSchema: inputSchema as JsonObject,
    outputSchema: { type: "object" },
    hints: {
      readOnly: isReadOnly || annotations?.readOnlyHint === true,
      openWorld: annotations?.openWorldHint !== false,
      long: true,
    },
    server,
  };
}

/** Ours say in `code` what kind of error it is; others do not. */
function failure(text: string, structured: JsonObject | undefined): ToolResult {
  const code = errorCodes.find((known): known is ErrorCode => known === structured?.["code"]);
  const message = structured?.["message"];
  if (code !== undefined && typeof message === "string") return { ok: false, code, message };
  return {
    ok: false,
    code: "unavailable",
    message: cutText(text === "" ? "it failed and did not say why" : text, 4_000),
  };
}

function textOf(part: CallToolResult["content"][number]): string[] {
  switch (part.type) {
    case "text":
      return [part.text];
    case "resource":
      return "text" in part.resource ? [part.resource.text] : [`[resource ${part.resource.uri}, not text]`];
    case "resource_link":
      return [`[${part.name}: ${part.uri}]`];
    case "image":
      return ["[a picture]"];
    case "audio":
      return ["[a sound]"];
  }
}

function bounded(value: JsonObject): JsonObject {
  const { text, isCut } = boundedJson(value, maxTextChars);
  return isCut ? { text, truncated: true } : value;
}
