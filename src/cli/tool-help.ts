import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";
import type { ToolDefinition } from "../tools/tool.ts";

/** The tools, one a line. */
export function toolList(definitions: readonly ToolDefinition[]): string {
  const width = Math.max(0, ...definitions.map(({ name }) => name.length));
  const lines = definitions.map(({ name, description }) => `  ${name.padEnd(width)}  ${firstSentence(description)}`);
  const usage = `axoner tool NAME '{"argument": "value"}' calls one, axoner tool NAME --help shows its input`;
  return `${lines.join("\n")}\n\n${usage}\n`;
}

/** What a tool does and takes, for a person. */
export function toolHelp({ name, description, inputSchema, outputSchema }: ToolDefinition): string {
  const properties = propertiesOf(inputSchema);
  const required = Array.isArray(inputSchema["required"]) ? inputSchema["required"] : [];
  const rows = Object.entries(properties).map(([argument, schema]) =>
    describe(argument, schema, required.includes(argument)),
  );
  const taken = rows.length === 0 ? "It takes no arguments." : `Arguments:\n${rows.join("\n")}`;
  const results = Object.keys(propertiesOf(outputSchema)).join(", ");
  return [
    `axoner tool ${name} '${JSON.stringify(exampleOf(properties, required))}'`,
    description.trim(),
    taken,
    `Result: ${results}\n`,
  ].join("\n\n");
}

function describe(argument: string, schema: JsonObject, isRequired: boolean, indent = "  "): string {
  const text = typeof schema["description"] === "string" ? schema["description"] : "";
  const head = `${indent}${argument}  ${typeName(schema)}${isRequired ? ", required" : ""}`;
  const inner = innerObject(schema);
  const required = Array.isArray(inner?.["required"]) ? inner["required"] : [];
  const fields = Object.entries(inner === undefined ? {} : propertiesOf(inner));
  const lines = fields.map(([name, field]) => describe(name, field, required.includes(name), `${indent}    `));
  return [head, ...(text === "" ? [] : [`${indent}    ${text}`]), ...lines].join("\n");
}

/** The object that an argument is, or that the items of a list are. */
function innerObject(schema: JsonObject): JsonObject | undefined {
  const inner = schema["type"] === "array" ? schema["items"] : schema;
  return isJsonObject(inner) && inner["type"] === "object" ? inner : undefined;
}

function typeName(schema: JsonObject): string {
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if (schema["type"] === "array")
    return `list of ${isJsonObject(schema["items"]) ? typeName(schema["items"]) : "values"}`;
  return typeof schema["type"] === "string" ? schema["type"] : "value";
}

function exampleOf(properties: Record<string, JsonObject>, required: readonly JsonValue[]): JsonObject {
  const named = Object.entries(properties).filter(([name]) => required.includes(name));
  return Object.fromEntries(named.map(([name, schema]) => [name, exampleValue(schema)]));
}

function exampleValue(schema: JsonObject): JsonValue {
  if (Array.isArray(schema["enum"])) return schema["enum"][0] ?? null;
  switch (schema["type"]) {
    case "array":
      return isJsonObject(schema["items"]) ? [exampleValue(schema["items"])] : [];
    case "object":
      return exampleOf(propertiesOf(schema), Array.isArray(schema["required"]) ? schema["required"] : []);
    case "number":
    case "integer":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 1;
    case "boolean":
      return true;
    default:
      return "…";
  }
}

function propertiesOf(schema: JsonObject): Record<string, JsonObject> {
  const properties = isJsonObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  return Object.fromEntries(
    properties.flatMap(([name, property]) => (isJsonObject(property) ? [[name, property]] : [])),
  );
}

function firstSentence(text: string): string {
  return (
    /^(?:`[^`]*`|[^`])*?(?<!e\.g)[.:;](?=\s|$)/s
      .exec(text.trim())?.[0]
      .replace(/\s+/g, " ")
      .replace(/[.:;]$/, "") ?? text.trim()
  );
}
