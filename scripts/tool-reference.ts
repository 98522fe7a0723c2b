import { isJsonObject, type JsonObject, type JsonValue } from "../src/message.ts";
import type { ToolDefinition } from "../src/tools/tool.ts";

const intro = `# Tools

Generated from the tool definitions by \`npm run generate\`; edit those instead.

Every result has a \`status\`: \`done\`, or \`error\` with a \`code\` and a \`message\`. Fields that do not apply are left out.
`;

/** The reference of all tools as Markdown: for each its description, its arguments and the fields of its result. */
export function toolReference(definitions: readonly ToolDefinition[]): string {
  return [intro, ...definitions.map(toolSection)].join("\n");
}

function toolSection(tool: ToolDefinition): string {
  const inputs = fieldsOf(tool.inputSchema).map(({ name, schema, required }) => {
    return [
      `\`${name}\``,
      typeOf(schema),
      required ? "required" : defaultOf(schema),
      boundsOf(schema),
      meaningOf(schema),
    ];
  });
  const outputs = fieldsOf(tool.outputSchema)
    .filter(({ name }) => name !== "status")
    .map(({ name, schema }) => [`\`${name}\``, typeOf(schema), meaningOf(schema)]);
  return [
    `## ${tool.name}\n`,
    `${tool.description}\n`,
    `${hintsOf(tool)}\n`,
    inputs.length === 0
      ? "It takes no arguments.\n"
      : table(["Argument", "Type", "Default", "Bounds", "Meaning"], inputs),
    outputs.length === 0 ? "Its result has no fields of its own.\n" : table(["Result", "Type", "Meaning"], outputs),
  ].join("\n");
}

interface Field {
  name: string;
  schema: JsonObject;
  required: boolean;
}

/** The properties of an object schema, each followed by those of the objects in it, named by their path. */
function fieldsOf(schema: JsonObject, prefix = ""): Field[] {
  const properties = isJsonObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return properties.flatMap(([key, property]) => {
    if (!isJsonObject(property)) return [];
    const name = `${prefix}${key}`;
    const items = property["items"];
    const inner = isJsonObject(items) ? fieldsOf(items, `${name}[].`) : fieldsOf(property, `${name}.`);
    return [{ name, schema: property, required: required.includes(key) }, ...inner];
  });
}

function typeOf(schema: JsonObject): string {
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(" or ");
  if (schema["type"] === "array") {
    const items = isJsonObject(schema["items"]) ? typeOf(schema["items"]) : "any";
    return `list of ${items}`;
  }
  return typeof schema["type"] === "string" ? schema["type"] : "any";
}

function defaultOf(schema: JsonObject): string {
  return schema["default"] === undefined ? "" : `\`${JSON.stringify(schema["default"])}\``;
}

function boundsOf(schema: JsonObject): string {
  const bounds = [
    range(schema["minimum"], schema["maximum"], ""),
    range(schema["exclusiveMinimum"], schema["exclusiveMaximum"], " exclusive"),
    range(schema["minItems"], schema["maxItems"], " items"),
    range(schema["minLength"], schema["maxLength"], " characters"),
  ];
  return bounds.filter((bound) => bound !== "").join(", ");
}

function range(least: JsonValue | undefined, most: JsonValue | undefined, unit: string): string {
  if (typeof least === "number" && typeof most === "number") return `${least} to ${most}${unit}`;
  if (typeof least === "number") return `at least ${least}${unit}`;
  return typeof most === "number" ? `at most ${most}${unit}` : "";
}

const limit = String.raw`(?:default (?:"[^"]*"|[^\s;]+)|at (?:least|most) [\d.]+(?: items)?|[-\d.]+ to [-\d.]+(?: items)?)`;
const statedLimits = new RegExp(String.raw`(?:^| \()${limit}(?:; ${limit})*\)?$`);

/** The description without the default and bounds that end it for clients: they have columns of their own here. */
function meaningOf(schema: JsonObject): string {
  return typeof schema["description"] === "string" ? schema["description"].replace(statedLimits, "") : "";
}

function hintsOf({ hints }: ToolDefinition): string {
  const changes = hints.readOnly ? "Changes nothing outside the workspace." : "May write where writing is allowed.";
  const reach = hints.openWorld ? " Reaches beyond this machine." : "";
  return `${changes}${reach}`;
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
}
