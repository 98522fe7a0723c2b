import { SessionConflictError, ToolError } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import { beginning, cutText, printable } from "../text/text.ts";

/**
 * Keeps conversations. Every implementation passes `sessionStoreContract` of `axoner/testing`.
 *
 * A session is named by the caller: a letter or digit, then letters, digits, `_` and `-`, 64 characters at most. Any
 * method throws `ToolError` `invalid_input` for another name.
 */
export interface SessionStore {
  /** The whole conversation; undefined where none of that name was begun. */
  load(id: string): Promise<Session | undefined>;
  /**
   * Add messages behind the `seen` that the caller knows of; with `seen` 0 this begins the session. All of them are
   * kept or none, even when the process is killed meanwhile.
   *
   * @throws SessionConflictError when the session does not hold exactly `seen` messages: another writer was first
   */
  append(id: string, seen: number, messages: readonly StoredMessage[]): Promise<void>;
  /** The sessions that were written to last, newest first. */
  list(limit: number): Promise<SessionSummary[]>;
  /** Resolves with whether there was one. */
  delete(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Tells the other processes of a machine which sessions are in use. Advice: what decides is `append`. */
export interface Presence {
  /**
   * To be followed by `leave`, whatever happens between them.
   *
   * @throws ToolError `conflict` where another process is in the session
   */
  enter(id: string): Promise<void>;
  leave(id: string): Promise<void>;
}

export interface Session {
  id: string;
  messages: StoredMessage[];
  /** ISO 8601, UTC. */
  updatedAt: string;
}

export interface SessionSummary {
  id: string;
  /** As it was given; else the beginning of what the user said first. */
  title: string;
  /** Of all that is stored. */
  messageCount: number;
  /** ISO 8601, UTC. */
  updatedAt: string;
}

export interface StoreOptions {
  /** Survive a power loss too, not only a killed process. */
  durable?: boolean;
}

/** Session names become file names and keys: nothing else passes. */
function isSessionId(id: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/.test(id);
}

/** @throws ToolError `invalid_input` */
export function checkSessionId(id: string): void {
  if (isSessionId(id)) return;
  const shown = JSON.stringify(cutText(id, 80));
  const rule = "a session's name is a letter or digit, then letters, digits, _ and -, at most 64 characters";
  throw new ToolError("invalid_input", `${shown} cannot name a session; ${rule}`);
}

/** What `append` rejects with where a session holds `found` messages in place of the `seen` ones. */
export function conflict(id: string, seen: number, found: number): SessionConflictError {
  const text = `session ${id} holds ${found} messages, not ${seen}: another writer was first; load it again and repeat`;
  return new SessionConflictError(text);
}

/** What `list` tells of a session. */
export function summarize({ id, messages, updatedAt }: Session): SessionSummary {
  const { given, said } = titlesIn(messages);
  return { id, title: given ?? said ?? "", messageCount: messages.length, updatedAt };
}

const maxTitleChars = 80;

/** The title that was given last, and the one that the first prompt makes, where the messages hold such. */
export function titlesIn(messages: readonly StoredMessage[]): Titles {
  let said: string | undefined;
  let given: string | undefined;
  for (const message of messages) {
    if (message.role === "user") said ??= toTitle(message.text);
    if (message.role === "note" && message.type === "title") given = toTitle(message.title);
  }
  return { said, given };
}

export interface Titles {
  said: string | undefined;
  given: string | undefined;
}

/** One line that every database takes as text. */
function toTitle(text: string): string {
  const line = printable(beginning(text, 2_000)).replace(/\s+/g, " ").trim();
  return beginning(line, maxTitleChars).toWellFormed();
}
