import { SessionConflictError, ToolError } from "../errors.ts";
import type { Message } from "../message.ts";
import { beginning, cutText } from "../text.ts";

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
  append(id: string, seen: number, messages: readonly Message[]): Promise<void>;
  /** The sessions that were written to last, newest first. */
  list(limit: number): Promise<SessionSummary[]>;
  /** Resolves with whether there was one. */
  delete(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface Session {
  id: string;
  messages: Message[];
  /** ISO 8601, UTC. */
  updatedAt: string;
}

export interface SessionSummary {
  id: string;
  /** The beginning of what the user said first. */
  title: string;
  messageCount: number;
  /** ISO 8601, UTC. */
  updatedAt: string;
}

export interface StoreOptions {
  /** Survive a power loss too, not only a killed process. */
  durable?: boolean;
}

/** Session names become file names and keys: nothing else passes. */
export function isSessionId(id: string): boolean {
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
  const first = messages.find((message) => message.role === "user");
  const title = beginning((first?.text ?? "").replace(/\s+/g, " ").trim(), 80);
  return { id, title, messageCount: messages.length, updatedAt };
}
