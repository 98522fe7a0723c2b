import { ConfigError } from "../errors.ts";
import { checkSessionId, conflict, summarize, type Session, type SessionStore, type StoreOptions } from "./store.ts";

/**
 * Sessions that end with the process.
 *
 * @throws ConfigError where they shall be durable
 */
export function openMemoryStore({ durable = false }: StoreOptions = {}): SessionStore {
  if (durable) throw new ConfigError("the store memory: cannot be --durable; name another, e.g. --store file:sessions");
  /** In the order they were written to last. */
  const sessions = new Map<string, Session>();
  return {
    async load(id) {
      checkSessionId(id);
      const session = sessions.get(id);
      return session && { ...session, messages: [...session.messages] };
    },
    async append(id, seen, messages) {
      checkSessionId(id);
      const earlier = sessions.get(id)?.messages ?? [];
      if (earlier.length !== seen) throw conflict(id, seen, earlier.length);
      if (messages.length === 0) return;
      sessions.delete(id);
      sessions.set(id, { id, messages: [...earlier, ...messages], updatedAt: new Date().toISOString() });
    },
    async list(limit) {
      return [...sessions.values()].toReversed().slice(0, limit).map(summarize);
    },
    async delete(id) {
      checkSessionId(id);
      return sessions.delete(id);
    },
    async close() {
      sessions.clear();
    },
  };
}
