import { isJsonObject, type JsonObject, type JsonValue } from "../../message.ts";

/**
 * Whether OpenAI's strict mode takes the schema: every object is closed and requires all its properties.
 *
 * Spec: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function isStrict(schema: JsonValue): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (!isJsonObject(schema)) return true;
  if (["allOf", "oneOf", "not", "if", "patternProperties"].some((keyword) => keyword in schema)) return false;
  if (schema["type"] === "object" || "properties" in schema) {
    const { properties = {}, required = [], additionalProperties } = schema;
    if (additionalProperties !== false || !isJsonObject(properties) || !Array.isArray(required)) return false;
    if (Object.keys(properties).some((name) => !required.includes(name))) return false;
  }
  return subschemas(schema).every(isStrict);
}

function subschemas(schema: JsonObject): JsonValue[] {
  const named = ["properties", "$defs", "definitions"].flatMap((keyword) => {
    const group = schema[keyword];
    return isJsonObject(group) ? Object.values(group) : [];
  });
  return [...named, ...["items", "anyOf"].flatMap((keyword) => schema[keyword] ?? [])];
}

const closedFormats = ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
/** What Anthropic compiles into a grammar. It refuses a schema with any other rule. */
const grammarKeywords = new Set([
  "$ref",
  "$defs",
  "definitions",
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "const",
  "anyOf",
  "allOf",
  "description",
  "title",
  "default",
]);

/**
 * The schema as Anthropic takes it: objects closed, and rules that its grammar does not know (lengths, ranges, patterns)
 * left out. They still hold: whoever asked checks the reply against the schema it gave.
 *
 * Spec: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
export function toGrammarSchema(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema;
  const kept = Object.entries(schema).flatMap(([keyword, value]): [string, JsonValue][] => {
    if (keyword === "oneOf") return [["anyOf", eachSchema(value)]];
    if (keyword === "format") return closedFormats.includes(String(value)) ? [[keyword, value]] : [];
    if (keyword === "minItems") return value === 0 || value === 1 ? [[keyword, value]] : [];
    if (!grammarKeywords.has(keyword)) return [];
    if (keyword === "properties" || keyword === "$defs" || keyword === "definitions")
      return [[keyword, eachNamed(value)]];
    return [[keyword, keyword === "items" || keyword === "anyOf" || keyword === "allOf" ? eachSchema(value) : value]];
  });
  const isObject = schema["type"] === "object" || "properties" in schema;
  return Object.fromEntries(isObject ? [...kept, ["additionalProperties", false]] : kept);
}

function eachSchema(value: JsonValue): JsonValue {
  return Array.isArray(value) ? value.map(toGrammarSchema) : toGrammarSchema(value);
}

function eachNamed(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, toGrammarSchema(schema)]));
}
