import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/** Where schemas stand within a schema. */
const inner = {
  /** Beside each other, for the same value. */
  same: ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"],
  /** For parts of the value. */
  part: ["items", "prefixItems", "contains", "additionalProperties", "propertyNames", "unevaluatedProperties"],
  /** By names. */
  named: ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"],
};

const types = ["null", "boolean", "object", "array", "number", "integer", "string"];

const forms: Readonly<Record<string, { what: string; fits: (value: JsonValue) => boolean }>> = {
  type: { what: `one of ${types.join(", ")}, or a list of them`, fits: (value) => [value].flat().every(isType) },
  required: { what: "a list of names", fits: (value) => Array.isArray(value) && value.every(isText) },
  enum: { what: "a list", fits: Array.isArray },
  pattern: { what: "a regular expression", fits: isText },
  $ref: { what: "a text", fits: isText },
  ...formOf(["allOf", "anyOf", "oneOf", "prefixItems"], "a list of schemas", Array.isArray),
  ...formOf(inner.named, "an object of schemas", isJsonObject),
  ...formOf(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], "a number", isNumber),
  ...formOf(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], "a number", isNumber),
  multipleOf: { what: "a number above 0", fits: (value) => isNumber(value) && Number(value) > 0 },
};

/** So many schemas may have to be looked at for one value. */
const maxSteps = 10_000;

/**
 * Look for what would make every check of it fail or never end.
 *
 * @throws Error that says what is wrong
 */
export function checkSchema(root: JsonObject): void {
  const sizes = new Map<JsonValue, number>();
  /** How many schemas one value is held against. */
  const stepsOf = (schema: JsonValue): number => {
    if (!isJsonObject(schema)) return 1;
    const known = sizes.get(schema);
    if (known !== undefined) return known;
    sizes.set(schema, Infinity); // as long as it is on the way, to find those that lead back to themselves
    const same = [
      ...inner.same.flatMap((keyword) => schema[keyword] ?? []),
      ...(isJsonObject(schema["dependentSchemas"]) ? Object.values(schema["dependentSchemas"]) : []),
      ...(typeof schema["$ref"] === "string" ? [target(root, schema["$ref"])] : []),
    ];
    const steps = same.reduce<number>((sum, one) => sum + stepsOf(one), 1);
    if (steps > maxSteps) throw new Error("its parts refer to each other without end, or far too often");
    sizes.set(schema, steps);
    return steps;
  };
  for (const schema of schemasIn(root)) {
    checkForms(schema);
    stepsOf(schema);
  }
}

/** It and all within it. */
function* schemasIn(schema: JsonValue): Generator<JsonObject> {
  if (!isJsonObject(schema)) return;
  yield schema;
  for (const keyword of [...inner.same, ...inner.part]) {
    for (const one of [schema[keyword] ?? []].flat()) yield* schemasIn(one);
  }
  for (const keyword of inner.named) {
    const named = schema[keyword];
    if (isJsonObject(named)) for (const one of Object.values(named)) yield* schemasIn(one);
  }
}

function checkForms(schema: JsonObject): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const form = Object.hasOwn(forms, keyword) ? forms[keyword] : undefined;
    if (form?.fits(value) !== false) continue;
    throw new Error(`${keyword} is ${JSON.stringify(value).slice(0, 80)}; it must be ${form.what}`);
  }
  const named = schema["patternProperties"];
  const patterns = isJsonObject(named) ? Object.keys(named) : [];
  if (typeof schema["pattern"] === "string") patterns.push(schema["pattern"]);
  for (const pattern of patterns) new RegExp(pattern, "u").test("");
}

/** References lead to places of the schema itself: `#`, `#/…` or `#name`. */
function target(root: JsonObject, reference: string): JsonValue {
  const found = reference.startsWith("#") ? find(root, reference.slice(1)) : undefined;
  if (found !== undefined) return found;
  throw new Error(`there is nothing at $ref ${reference.slice(0, 80)}; it must be in the schema itself, as #/$defs/…`);
}

function find(root: JsonObject, place: string): JsonValue | undefined {
  if (place !== "" && !place.startsWith("/")) {
    return [...schemasIn(root)].find((schema) => schema["$anchor"] === place);
  }
  let found: JsonValue | undefined = root;
  for (const part of place.split("/").slice(1)) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    const within: ReadonlyMap<string, JsonValue> = new Map(
      typeof found === "object" && found !== null ? Object.entries(found) : [],
    );
    found = within.get(name);
  }
  return found;
}

function formOf(keywords: readonly string[], what: string, fits: (value: JsonValue) => boolean) {
  return Object.fromEntries(keywords.map((keyword) => [keyword, { what, fits }]));
}

function isType(value: JsonValue): boolean {
  return typeof value === "string" && types.includes(value);
}

function isText(value: JsonValue): boolean {
  return typeof value === "string";
}

function isNumber(value: JsonValue): boolean {
  return typeof value === "number";
}
