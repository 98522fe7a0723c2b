import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { errorMessage, SessionConflictError, ToolError } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import { checkSessionId, type Session, type SessionStore } from "./store.ts";

/*
 * A session outside a store: one line of JSON, `{"axoner_session":1,"id":…,"updated_at":…,"messages":[…]}`. It holds
 * everything, notes and the providers' own blocks too.
 */

export function exportSession({ id, updatedAt, messages }: Session): string {
  return `${JSON.stringify({ axoner_session: 1, id, updated_at: updatedAt, messages })}\n`;
}

const call = z.strictObject({ id: z.string(), name: z.string(), input: z.json() });
const part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({ type: z.literal("tool_call"), call }),
  z.strictObject({ type: z.literal("opaque"), provider: z.string(), block: z.json() }),
]);
const picture = z.strictObject({ mediaType: z.string(), base64: z.string() });
const count = z.int().min(0);
const storedMessage = z.union([
  z.strictObject({
    role: z.literal("user"),
    text: z.string(),
    images: z.array(picture).exactOptional(),
    summarizes: count.exactOptional(),
  }),
  z.strictObject({ role: z.literal("assistant"), parts: z.array(part) }),
  z.strictObject({
    role: z.literal("tool"),
    callId: z.string(),
    name: z.string(),
    ok: z.boolean(),
    text: z.string(),
    images: z.array(picture).exactOptional(),
    refused: z.literal(true).exactOptional(),
  }),
  z.strictObject({
    role: z.literal("note"),
    type: z.literal("approval"),
    tool: z.string(),
    isWithdrawn: z.literal(true).exactOptional(),
  }),
  z.strictObject({ role: z.literal("note"), type: z.literal("title"), title: z.string() }),
  z.strictObject({ role: z.literal("note"), type: z.literal("undo"), keeps: count }),
]) satisfies z.ZodType<StoredMessage>;
const exported = z.object({
  axoner_session: z.literal(1, { error: "axoner_session must be 1: another program, or a newer axoner, wrote it" }),
  id: z.string(),
  messages: z.array(storedMessage).min(1),
});

export type Imported = Pick<z.output<typeof exported>, "id" | "messages">;

/**
 * Read a line that `exportSession` wrote.
 *
 * @param lineNumber for messages, from 1
 * @throws ToolError `invalid_input` that says what is wrong with the line
 */
export function readExported(line: string, lineNumber: number): Imported {
  const parsed = exported.safeParse(parse(line, lineNumber));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
    throw broken(lineNumber, `is no session: ${where}${issue?.message ?? ""}`);
  }
  checkSessionId(parsed.data.id);
  return parsed.data;
}

function parse(line: string, lineNumber: number): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    throw broken(lineNumber, `is not JSON (${errorMessage(thrown)}); was the export cut off?`);
  }
}

function broken(lineNumber: number, what: string): ToolError {
  return new ToolError("invalid_input", `line ${lineNumber} ${what}`);
}

/**
 * Put a session into a store. Where the beginning of it is there already only the rest is added, so what was
 * interrupted can be repeated.
 *
 * @returns how many messages were added, without notes
 * @throws SessionConflictError where the store holds another session of that name
 */
export async function importSession(store: SessionStore, { id, messages }: Imported): Promise<number> {
  const held = (await store.load(id))?.messages ?? [];
  const isBeginning = isDeepStrictEqual(held, messages.slice(0, held.length));
  if (!isBeginning) {
    const message = `the store holds another session ${id}, or more of it; import it under another id with --as ID`;
    throw new SessionConflictError(message);
  }
  const added = messages.slice(held.length);
  await store.append(id, held.length, added);
  return added.filter(({ role }) => role !== "note").length;
}
