import { z } from "zod";
import { exportSession, readExported } from "../session/exchange.ts";
import { openMemoryStore } from "../session/memory.ts";
import type { SessionStore } from "../session/store.ts";
import type { Tape } from "./tape.ts";

const kept = z.string().nullable();

/** The same store; how each session was when it was first looked at is recorded. */
export function recordedStore(store: SessionStore, tape: Tape): SessionStore {
  const seen = new Set<string>();
  return {
    ...store,
    async load(id) {
      const session = await store.load(id);
      if (seen.has(id)) return session;
      seen.add(id);
      const ask = () => Promise.resolve(session === undefined ? null : exportSession(session));
      await tape.root.asked({ to: "session", request: { id }, ask });
      return session;
    },
  };
}

/** A store in memory whose sessions begin as they were when they were recorded: a replay changes none of the user's. */
export function replayedStore(tape: Tape): SessionStore {
  const memory = openMemoryStore();
  const seen = new Set<string>();
  return {
    ...memory,
    async load(id) {
      const session = await memory.load(id);
      if (session !== undefined || seen.has(id)) return session;
      seen.add(id);
      const ask = () => Promise.resolve(null);
      // one that the recording does not know is new: what is then said to the model tells that better
      const question = { to: "session", request: { id }, ask, otherwise: null };
      const line = kept.parse(await tape.root.asked(question));
      if (line === null) return undefined;
      await memory.append(id, 0, readExported(line, 1).messages);
      return memory.load(id);
    },
  };
}
