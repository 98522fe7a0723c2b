import pMap from "p-map";
import { SessionConflictError, ToolError } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import { countSaid, lastPrompt, saidMessages } from "./said.ts";
import { checkSessionId, type Session, type SessionStore, type SessionSummary } from "./store.ts";

/*
 * What can be done with stored sessions besides running them, for any store. Everything is an append, and fenced like
 * one: who was overtaken by another writer is told and has changed nothing.
 */

/** Every session there is. */
export const all = Number.MAX_SAFE_INTEGER;

/** @throws ToolError `not_found` */
export async function loadExisting(store: SessionStore, id: string): Promise<Session> {
  const session = await store.load(id);
  if (session !== undefined) return session;
  throw new ToolError("not_found", `there is no session ${id}; \`axoner sessions list\` tells which there are`);
}

/**
 * Take back the last turn: the user's prompt and all that followed it. What tools did stays done.
 *
 * @returns the prompt
 * @throws ToolError `not_found` where there is no session, or no turn in it
 */
export async function undoTurn(store: SessionStore, id: string): Promise<string> {
  const { messages } = await loadExisting(store, id);
  const prompt = lastPrompt(saidMessages(messages));
  if (prompt === undefined) throw new ToolError("not_found", `session ${id} holds no turn that could be taken back`);
  await store.append(id, messages.length, [{ role: "note", type: "undo", keeps: prompt.index }]);
  return prompt.text;
}

/** Give a session a title in place of its first words. */
export async function setTitle(store: SessionStore, id: string, title: string): Promise<void> {
  if (title.trim() === "") throw new ToolError("invalid_input", "a title must not be empty");
  const { messages } = await loadExisting(store, id);
  await store.append(id, messages.length, [{ role: "note", type: "title", title }]);
}

/**
 * Begin a session with what another one holds.
 *
 * @param turns how many turns of it, from the first; default all
 * @returns how many messages it holds, without notes and what was taken back
 */
export async function forkSession(
  store: SessionStore,
  { from, to, turns = Infinity }: { from: string; to: string; turns?: number | undefined },
): Promise<number> {
  const { messages } = await loadExisting(store, from);
  const kept = messages.slice(0, endOfTurn(messages, turns));
  await beginSession(store, to, kept);
  return countSaid(kept);
}

/** Behind so many turns, as the conversation is now. */
function endOfTurn(messages: readonly StoredMessage[], turns: number): number {
  const prompts = saidMessages(messages).filter(
    ({ message }) => message.role === "user" && message.summarizes === undefined,
  );
  return prompts[turns]?.index ?? messages.length;
}

/**
 * Give a session another id.
 *
 * @throws SessionConflictError where that one is taken, or the session was written to meanwhile; it is there still then
 */
export async function moveSession(store: SessionStore, from: string, to: string): Promise<void> {
  const { messages } = await loadExisting(store, from);
  await beginSession(store, to, messages);
  try {
    await store.append(from, messages.length, []); // notices another writer
  } catch (thrown) {
    await store.delete(to);
    throw thrown;
  }
  await store.delete(from);
}

async function beginSession(store: SessionStore, id: string, messages: readonly StoredMessage[]): Promise<void> {
  checkSessionId(id);
  try {
    await store.append(id, 0, messages);
  } catch (thrown) {
    if (!(thrown instanceof SessionConflictError)) throw thrown;
    throw new SessionConflictError(`there is a session ${id} already; choose another id, or delete it first`, {
      cause: thrown,
    });
  }
}

/** The sessions that were written to last, newest first, with the number of messages that a person sees in them. */
export async function listSessions(store: SessionStore, limit: number): Promise<SessionSummary[]> {
  return pMap(
    await store.list(limit),
    async (summary) => ({ ...summary, messageCount: countSaid((await store.load(summary.id))?.messages ?? []) }),
    { concurrency: loadsAtOnce },
  );
}

const loadsAtOnce = 8;

/** Where a text was found. */
export interface Found extends SessionSummary {
  /** The text with what stands around it, on one line. */
  excerpt: string;
}

const aroundChars = 40;

/** The sessions in which a text stands, whatever its case: in a title, or in what was said or returned. Newest first. */
export async function* searchSessions(store: SessionStore, text: string): AsyncGenerator<Found> {
  const wanted = text.toLowerCase();
  for (const summary of await store.list(all)) {
    const messages = (await store.load(summary.id))?.messages ?? [];
    const texts = [summary.title, ...saidMessages(messages).flatMap(({ message }) => textsOf(message))];
    const excerpt = texts.flatMap((one) => excerptOf(one, wanted) ?? []).at(0);
    if (excerpt !== undefined) yield { ...summary, messageCount: countSaid(messages), excerpt };
  }
}

function textsOf(message: StoredMessage): string[] {
  if (message.role === "note") return [];
  if (message.role !== "assistant") return [message.text];
  return message.parts.flatMap((part) => {
    if (part.type === "text") return [part.text];
    return part.type === "tool_call" ? [`${part.call.name} ${JSON.stringify(part.call.input)}`] : [];
  });
}

function excerptOf(text: string, wanted: string): string | undefined {
  const at = text.toLowerCase().indexOf(wanted);
  if (at === -1) return undefined;
  const excerpt = text.slice(Math.max(0, at - aroundChars), at + wanted.length + aroundChars);
  return excerpt.replace(/\s+/g, " ").trim().toWellFormed();
}

/** The sessions that nobody has written to since. */
export async function staleSessions(store: SessionStore, before: Date): Promise<SessionSummary[]> {
  return (await store.list(all)).filter(({ updatedAt }) => Date.parse(updatedAt) < before.getTime());
}

/** Delete a session, unless it was written to since `before`. Whether it was deleted. */
export async function expireSession(store: SessionStore, id: string, before: Date): Promise<boolean> {
  const session = await store.load(id); // it may have been continued while others were deleted
  if (session === undefined || Date.parse(session.updatedAt) >= before.getTime()) return false;
  return store.delete(id);
}
