import { describe, expect, test } from "vitest";
import { sessionStoreContract } from "../../src/contracts/session-store.ts";
import type { Message, StoredMessage } from "../../src/message.ts";
import type { SessionStore } from "../../src/session/store.ts";

/** What every session store does. `open` makes an empty one. */
export function describeSessionStore(name: string, open: () => Promise<SessionStore>): void {
  describe(`${name} as a session store`, () => {
    test.each(sessionStoreContract(open))("$name", ({ run }) => expect(run()).resolves.toBeUndefined());
  });
}

export function say(text: string): Message {
  return { role: "user", text };
}

export function texts(session: { messages: readonly StoredMessage[] } | undefined): string[] {
  return (session?.messages ?? []).map((message) => (message.role === "user" ? message.text : message.role));
}
