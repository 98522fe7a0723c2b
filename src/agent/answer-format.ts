import type { OutputUnit } from "@cfworker/json-schema";
import { errorMessage, ToolError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";
import { toJson } from "../text/text.ts";
import { checkSchema } from "./check-schema.ts";
import { isCheap } from "./pattern-cost.ts";

/** Reads what the model says as the JSON that was asked for. */
export interface AnswerFormat {
  schema: JsonObject;
  read(text: string): { ok: true; value: JsonValue } | { ok: false; problem: string };
}

const maxSchemaChars = 50_000;
const maxProblems = 8;
/** Longer texts are not held to the formats, whose patterns are not ours. */
const maxFormatChars = 2_000;

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
  const whole = { type: "object", ...schema };
  const { Validator } = await import("@cfworker/json-schema");
  try {
    checkSchema(whole);
    new Validator(checkable(whole, 0) as JsonObject, "2020-12").validate({});
  } catch (thrown) {
    throw new ToolError("invalid_input", `the output schema cannot be used: ${errorMessage(thrown)}`, {
      cause: thrown,
    });
  }
  return {
    schema: whole,
    read(text) {
      let value: JsonValue;
      try {
        value = JSON.parse(jsonIn(text)) as JsonValue;
      } catch (thrown) {
        return { ok: false, problem: `it is not JSON: ${errorMessage(thrown)}` };
      }
      const validator = new Validator(checkable(whole, longestText(value)) as JsonObject, "2020-12", false);
      const { valid, errors } = validator.validate(value);
      return valid ? { ok: true, value } : { ok: false, problem: problemIn(errors) };
    },
  };
}

/** Of what holds the others only these are told: where something is wrong, not where that is found from. */
function problemIn(errors: readonly OutputUnit[]): string {
  const holders = new Set(errors.flatMap(({ keywordLocation }) => placesAbove(keywordLocation)));
  const own = errors.filter(({ keyword, keywordLocation }) => !holders.has(keywordLocation) && keyword !== "false");
  const told = own.map(({ instanceLocation, error }) => {
    return `${instanceLocation.slice(2).replaceAll("/", ".") || "it"}: ${error.replace(/\.$/, "")}`;
  });
  return [...new Set(told)].slice(0, maxProblems).join("; ");
}

function placesAbove(place: string): string[] {
  const parts = place.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
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
    // `url` is none of the standard's, and its pattern takes for ever
    if (key === "format" && typeof item === "string" && (item === "url" || longestChars > maxFormatChars)) return [];
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

/** The one fenced block of JSON among other words; without one, all of it. */
function jsonIn(text: string): string {
  if (!text.includes("```")) return text;
  const blocks = fencedBlocks(text);
  for (const label of ["json", ""]) {
    const [only, another] = blocks.filter((block) => block.label === label);
    if (only !== undefined) return another === undefined ? only.text : text;
  }
  return text;
}

function fencedBlocks(text: string): { label: string; text: string }[] {
  const blocks: { label: string; lines: string[] }[] = [];
  let isOpen = false;
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed.startsWith("```") && (!isOpen || trimmed === "```")) {
      if (!isOpen) blocks.push({ label: trimmed.slice(3).trim().toLowerCase(), lines: [] });
      isOpen = !isOpen;
    } else if (isOpen) blocks.at(-1)?.lines.push(line);
  }
  return blocks.map(({ label, lines }) => ({ label, text: lines.join("\n") }));
}
