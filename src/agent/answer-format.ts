import { errorMessage, ToolError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";
import { toJson } from "../text.ts";
import { isCheap } from "./pattern-cost.ts";

/** Reads what the model says as the JSON that was asked for. */
export interface AnswerFormat {
  schema: JsonObject;
  read(text: string): { ok: true; value: JsonValue } | { ok: false; problem: string };
}

const maxSchemaChars = 50_000;

/**
 * Regular expressions of someone else's can take for ever: a `pattern` that might, on texts as long as those of the
 * answer, is not checked. The model is told of it all the same.
 *
 * @param schema JSON Schema of an object
 * @throws ToolError `invalid_input` for what is none, or one that cannot be checked
 */
export async function openAnswerFormat(schema: unknown): Promise<AnswerFormat> {
  if (!isJsonObject(schema) || (schema["type"] !== "object" && !isJsonObject(schema["properties"]))) {
    throw new ToolError("invalid_input", 'the output schema must be a JSON Schema with "type": "object"');
  }
  if (JSON.stringify(schema).length > maxSchemaChars) {
    throw new ToolError("too_large", `the output schema is longer than ${maxSchemaChars} characters; ask for less`);
  }
  const { z } = await import("zod");
  const typeFor = (longestChars: number) =>
    z.fromJSONSchema(checkable({ type: "object", ...schema }, longestChars) as JsonObject);
  try {
    typeFor(0);
  } catch (thrown) {
    throw new ToolError("invalid_input", `the output schema cannot be used: ${errorMessage(thrown)}`, {
      cause: thrown,
    });
  }
  return {
    schema: { type: "object", ...schema },
    read(text) {
      let value: JsonValue;
      try {
        value = JSON.parse(withoutFence(text)) as JsonValue;
      } catch (thrown) {
        return { ok: false, problem: `it is not JSON: ${errorMessage(thrown)}` };
      }
      const checked = typeFor(longestText(value)).safeParse(value);
      if (checked.success) return { ok: true, value };
      const issues = checked.error.issues.slice(0, 8);
      return {
        ok: false,
        problem: issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; "),
      };
    },
  };
}

/** What a model is told whose answer does not fit. */
export function repairPrompt(problem: string, { schema }: AnswerFormat): string {
  return `Your answer does not fit: ${problem}. Answer again with JSON of this schema and nothing else:\n${toJson(schema)}`;
}

/** The schema without the patterns that might take long on texts of that length. */
function checkable(value: JsonValue, longestChars: number): JsonValue {
  if (Array.isArray(value)) return value.map((item) => checkable(item, longestChars));
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).flatMap(([key, item]) => {
    // as the name of a property it is no keyword, and its value is a schema
    if (key === "pattern" && typeof item === "string" && !isCheap(item, longestChars)) return [];
    return [[key, checkable(item, longestChars)] as const];
  });
  const named = value["patternProperties"];
  if (!isJsonObject(named) || Object.keys(named).every((pattern) => isCheap(pattern, longestChars))) {
    return Object.fromEntries(kept);
  }
  // without them it is not known which properties are left over
  return Object.fromEntries(kept.filter(([key]) => key !== "patternProperties" && key !== "additionalProperties"));
}

/** Of all texts and names in a value. */
function longestText(value: JsonValue): number {
  if (typeof value === "string") return value.length;
  if (value === null || typeof value !== "object") return 0;
  const names = Array.isArray(value) ? [] : Object.keys(value);
  return Object.values(value).reduce<number>(
    (longest, item) => Math.max(longest, longestText(item)),
    names.reduce((longest, name) => Math.max(longest, name.length), 0),
  );
}

function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$/s.exec(text)?.[1] ?? text;
}
