import { boundedJson } from "../text/bounded-json.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import type { ToolDefinition, ToolResult } from "../tools/tool.ts";

/** Clients cut or refuse longer results; our own tools stay far below. */
const maxResultChars = 100_000;

/**
 * A result as MCP sends it: one text block that is never empty and the same thing as structured content. Some
 * clients show the model only the first, some only the second. Pictures that were asked for follow the text.
 */
export function toCallToolResult(result: ToolResult): JsonObject {
  if (!result.ok) return failed(result.code, result.message);
  const { text, isCut } = boundedJson(result.value, maxResultChars);
  if (isCut) {
    const advice = "return a dataset (context.services.datasets) or fewer rows";
    return failed("too_large", `the result has more than the ${maxResultChars} characters that can be sent; ${advice}`);
  }
  const images = (result.images ?? []).map(({ data, mimeType }) => ({ type: "image", data, mimeType }));
  return { content: [{ type: "text", text }, ...images], structuredContent: result.value };
}

/** A tool as `tools/list` shows it. */
export function toListedTool({ name, description, inputSchema, outputSchema, hints }: ToolDefinition): JsonObject {
  // What a client takes for granted is not said: every client that lists the tools pays for this. What only reads can
  // destroy nothing: there the other hint has no meaning. https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations
  const changes = hints.readOnly ? { readOnlyHint: true } : { destructiveHint: false };
  const annotations = { ...changes, ...(hints.openWorld ? {} : { openWorldHint: false }) };
  return { name, description, inputSchema, outputSchema: outline(outputSchema), annotations };
}

/**
 * The fields of a result and their types. Clients check results against it and put it before their model, where what a
 * field holds within costs more than it tells; docs/tools.md has that.
 */
function outline({ properties, required, ...schema }: JsonObject): JsonObject {
  if (!isJsonObject(properties)) return { ...schema, type: "object" };
  const fields: JsonObject = {};
  for (const [name, field] of Object.entries(properties)) {
    fields[name] = isJsonObject(field) && typeof field["type"] === "string" ? { type: field["type"] } : {};
  }
  return { type: "object", properties: fields, ...(required === undefined ? {} : { required }) };
}

function failed(code: string, message: string): JsonObject {
  return {
    content: [{ type: "text", text: `ERROR ${code}: ${message}` }],
    structuredContent: { status: "error", code, message },
    isError: true,
  };
}
