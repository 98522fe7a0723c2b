import { errorMessage, ToolError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";
import { toJson } from "../text.ts";

/** Reads what the model says as the JSON that was asked for. */
export interface AnswerFormat {
  schema: JsonObject;
  read(text: string): { ok: true; value: JsonValue } | { ok: false; problem: string };
}

const maxSchemaChars = 50_000;
/** Regular expressions of someone else's can take for ever; the model is told of them all the same. */
const unchecked = new Set(["pattern", "patternProperties"]);

/**
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
  let type: ReturnType<typeof z.fromJSONSchema>;
  try {
    type = z.fromJSONSchema(checkable({ type: "object", ...schema }) as JsonObject);
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
      const checked = type.safeParse(value);
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

function checkable(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(checkable);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      // as the name of a property it is no keyword
      if (unchecked.has(key) && (typeof item === "string" || key === "patternProperties")) return [];
      return [[key, checkable(item)]];
    }),
  );
}

function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$/s.exec(text)?.[1] ?? text;
}
