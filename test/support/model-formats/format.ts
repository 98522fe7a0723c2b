import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/message.ts";
import type { ScriptedReply } from "../../../src/testing.ts";

/** How a mocked service speaks, and what it refuses. */
export interface ModelFormat {
  /** The whole stream of a reply, as the real service sends it. */
  stream(reply: WholeReply, id: string): string;
  /** Why the real service would refuse the request; undefined where it would not. */
  problemOf(body: JsonObject, headers: Readonly<Record<string, unknown>>): string | undefined;
}

/** A scripted reply that is not given as its text alone. */
export type WholeReply = Exclude<ScriptedReply, string>;

/** In two pieces, where there is enough for two. */
export function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== "");
}

export function toArguments(input: JsonValue | undefined): string {
  return typeof input === "string" ? input : JSON.stringify(input ?? {});
}

/** What only the mocked service can have written for this text: it recognises its own reasoning by it. */
export function sign(text: string): string {
  return createHash("sha256").update(`axoner ${text}`).digest("base64");
}

export function isName(value: JsonValue | undefined): boolean {
  return typeof value === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(value);
}

export function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
