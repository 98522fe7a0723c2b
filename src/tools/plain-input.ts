import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/** What is understood of a schema; what else it may say is left to zod. */
const known = new Set([
  "type",
  "description",
  "default",
  "properties",
  "required",
  "items",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
]);

/**
 * Read an input by its JSON Schema, without zod, which takes longer to load than a light tool to run. Undefined unless
 * it is surely valid as it was sent: `parseInput` repairs the others or says what is wrong with them.
 */
export function readPlainInput(schema: JsonObject, sent: unknown): JsonObject | undefined {
  const read = readValue(schema, sent ?? {});
  return isJsonObject(read) ? read : undefined;
}

function readValue(schema: JsonObject, value: unknown): JsonValue | undefined {
  if (Object.keys(schema).some((keyword) => !known.has(keyword))) return undefined;
  switch (schema["type"]) {
    case "string":
      return typeof value === "string" && isBetween(value.length, schema["minLength"], schema["maxLength"])
        ? value
        : undefined;
    case "integer":
      return Number.isSafeInteger(value) && isBetween(value, schema["minimum"], schema["maximum"])
        ? (value as number)
        : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "array":
      return Array.isArray(value) ? readList(schema, value) : undefined;
    case "object":
      return isJsonObject(value) ? readObject(schema, value) : undefined;
    default:
      return undefined;
  }
}

function readList({ items, minItems, maxItems }: JsonObject, values: readonly unknown[]): JsonValue[] | undefined {
  if (!isJsonObject(items) || !isBetween(values.length, minItems, maxItems)) return undefined;
  const read = values.flatMap((value) => readValue(items, value) ?? []);
  return items["type"] !== "array" && read.length === values.length ? read : undefined;
}

function readObject({ properties, required }: JsonObject, value: JsonObject): JsonObject | undefined {
  if (!isJsonObject(properties) || Object.keys(value).some((name) => !Object.hasOwn(properties, name)))
    return undefined;
  const read: JsonObject = {};
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property)) return undefined;
    const given = Object.hasOwn(value, name) ? readValue(property, value[name]) : property["default"];
    if (given !== undefined) read[name] = given;
    else if (Object.hasOwn(value, name) || (Array.isArray(required) && required.includes(name))) return undefined;
  }
  return read;
}

function isBetween(size: unknown, least: unknown, most: unknown): boolean {
  return (
    typeof size === "number" &&
    (typeof least !== "number" || size >= least) &&
    (typeof most !== "number" || size <= most)
  );
}
