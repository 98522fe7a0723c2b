import { z } from "zod";
import { ToolError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";
import { cutText } from "../text/text.ts";

/** Names that break the argument classes Python frameworks generate from a schema. */
const reservedParameters = new Set(["self", "from", "class", "schema", "json", "copy", "model_config"]);

/** What a union, tuple, reference or record looks like in JSON Schema; some MCP client fails on each of them. */
const forbiddenKeywords = [
  "$ref",
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "prefixItems",
  "propertyNames",
  "patternProperties",
];

/**
 * The plain JSON Schema of a tool's input: every default and bound stands in the description too, because several
 * clients drop the keywords.
 *
 * @throws TypeError for a type or a parameter name that some client cannot handle.
 */
export function inputJsonSchema(tool: string, input: z.ZodObject): JsonObject {
  const schema = z.toJSONSchema(input, { io: "input" }) as JsonObject;
  delete schema["$schema"];
  plain(schema, tool);
  return schema;
}

/** As `inputJsonSchema` for results. Only `status` is required: clients validate running and failed results too. */
export function outputJsonSchema(output: z.ZodObject): JsonObject {
  const schema = z.toJSONSchema(output, { io: "output" }) as JsonObject;
  loosen(schema);
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  return { type: "object", properties: { status: { type: "string" }, ...properties }, required: ["status"] };
}

/** @throws TypeError that says in one line what does not fit */
export function parseOutput(output: z.ZodObject, returned: unknown): JsonObject {
  const parsed = output.safeParse(returned);
  if (parsed.success) return parsed.data as JsonObject;
  const problems = parsed.error.issues.slice(0, 4).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.join(".")}: ${message}`;
  });
  throw new TypeError(`what it returned does not fit its output schema: ${problems.join("; ")}`, {
    cause: parsed.error,
  });
}

export interface InputReader<Input extends z.ZodObject> {
  /** The tool's name. */
  name: string;
  input: Input;
  /** What `inputJsonSchema` made of the input, once for all calls. */
  schema: JsonObject;
}

/**
 * Read what a client sent: nulls of optional fields are dropped and values of the wrong JSON type are converted
 * where nothing is lost ("7" where a number is wanted, a lone string where a list of strings is).
 *
 * @throws ToolError `invalid_input` that names every argument that is unknown, missing or out of range.
 */
export function parseInput<Input extends z.ZodObject>(
  { name, input, schema }: InputReader<Input>,
  sent: unknown,
): z.output<Input> {
  const problems: string[] = [];
  const repaired = repair(sent ?? {}, schema, "", problems);
  const parsed = input.safeParse(repaired);
  if (!parsed.success) {
    problems.push(
      ...parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${lowerFirst(issue.message)}`),
    );
  }
  if (problems.length > 0 || !parsed.success) {
    const known = Object.keys(input.shape).join(", ");
    throw new ToolError(
      "invalid_input",
      `${problems.slice(0, 8).join("; ")}; ${name} takes ${known || "no arguments"}`,
    );
  }
  return parsed.data;
}

function plain(node: JsonObject, where: string): void {
  const forbidden = forbiddenKeywords.find((keyword) => keyword in node);
  if (forbidden !== undefined || Array.isArray(node["type"]) || isJsonObject(node["additionalProperties"])) {
    throw new TypeError(`${where}: input types must be plain (no union, tuple, record, nullable or recursive type)`);
  }
  delete node["additionalProperties"];
  if (node["minimum"] === Number.MIN_SAFE_INTEGER) delete node["minimum"];
  if (node["maximum"] === Number.MAX_SAFE_INTEGER) delete node["maximum"];
  const limits = describeLimits(node);
  const description = typeof node["description"] === "string" ? node["description"] : "";
  if (limits !== "") node["description"] = description === "" ? limits : `${description} (${limits})`;
  if (isJsonObject(node["items"])) plain(node["items"], `${where}[]`);
  if (!isJsonObject(node["properties"])) return;
  for (const [name, property] of Object.entries(node["properties"])) {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || reservedParameters.has(name)) {
      throw new TypeError(
        `${where}: parameter "${name}" must be snake_case and none of ${[...reservedParameters].join(", ")}`,
      );
    }
    if (isJsonObject(property)) plain(property, `${where}.${name}`);
  }
}

function describeLimits(node: JsonObject): string {
  const { minimum, maximum, minItems, maxItems } = node;
  const limits: string[] = [];
  if (node["default"] !== undefined) limits.push(`default ${JSON.stringify(node["default"])}`);
  if (typeof minimum === "number" && typeof maximum === "number") limits.push(`${minimum} to ${maximum}`);
  else if (typeof minimum === "number") limits.push(`at least ${minimum}`);
  else if (typeof maximum === "number") limits.push(`at most ${maximum}`);
  if (typeof minItems === "number" && typeof maxItems === "number") limits.push(`${minItems} to ${maxItems} items`);
  else if (typeof maxItems === "number") limits.push(`at most ${maxItems} items`);
  return limits.join("; ");
}

function loosen(node: JsonObject): void {
  delete node["required"];
  delete node["$ref"]; // a recursive type, such as any JSON value: no client is told more than that it may be there
  delete node["additionalProperties"];
  if (node["minimum"] === Number.MIN_SAFE_INTEGER) delete node["minimum"];
  if (node["maximum"] === Number.MAX_SAFE_INTEGER) delete node["maximum"];
  const { properties, items, anyOf } = node;
  const children = [
    items,
    ...(isJsonObject(properties) ? Object.values(properties) : []),
    ...(Array.isArray(anyOf) ? anyOf : []),
  ];
  children.filter(isJsonObject).forEach(loosen);
}

function repair(value: unknown, schema: JsonObject, path: string, problems: string[]): unknown {
  const parsed = typeof value === "string" ? fromText(value, schema) : value;
  if (schema["type"] === "string" && (typeof parsed === "number" || typeof parsed === "boolean")) return String(parsed);
  if (schema["type"] === "array" && Array.isArray(parsed) && isJsonObject(schema["items"])) {
    const items = schema["items"];
    return parsed.map((item, index) => repair(item, items, `${path}[${index}]`, problems));
  }
  if (schema["type"] === "object" && isPlainObject(parsed)) return repairObject(parsed, schema, path, problems);
  return parsed;
}

function repairObject(value: Record<string, unknown>, schema: JsonObject, path: string, problems: string[]): unknown {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const repaired: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === null && !required.includes(key)) continue;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (isJsonObject(property)) repaired[key] = repair(item, property, path === "" ? key : `${path}.${key}`, problems);
    else problems.push(`${path === "" ? "" : `${path}.`}${cutText(key, 60)}: unknown argument`);
  }
  return repaired;
}

/** The number, boolean, list or object that a model wrote as a string. */
function fromText(text: string, schema: JsonObject): unknown {
  const trimmed = text.trim();
  switch (schema["type"]) {
    case "number":
    case "integer":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : text;
    case "boolean":
      return trimmed === "true" ? true : trimmed === "false" ? false : text;
    case "object":
      return trimmed.startsWith("{") ? jsonOr(trimmed, text) : text;
    case "array": {
      const list = trimmed.startsWith("[") ? jsonOr(trimmed, text) : text;
      return typeof list === "string" && isJsonObject(schema["items"]) && schema["items"]["type"] === "string"
        ? [list]
        : list;
    }
    default:
      return text;
  }
}

function jsonOr(text: string, otherwise: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return otherwise;
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
