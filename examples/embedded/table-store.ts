/** A session store of one's own: a table of SQLite, one row a session. `own-parts.test.ts` holds it to the contract. */
import { DatabaseSync } from "node:sqlite";
import { checkSessionId, sessionConflict, summarizeSession, type Message, type SessionStore } from "axoner";

export function openTableStore(path: string): SessionStore {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec("create table if not exists session (id text primary key, messages text, written integer, at text)");
  const read = (id: string) => {
    const row = database.prepare("select messages, at from session where id = ?").get(id);
    if (row === undefined) return undefined;
    return { id, messages: JSON.parse(String(row["messages"])) as Message[], updatedAt: String(row["at"]) };
  };
  const write = database.prepare(`insert or replace into session
    values (?, ?, (select coalesce(max(written), 0) + 1 from session), ?)`);
  return {
    async load(id) {
      checkSessionId(id);
      return read(id);
    },
    async append(id, seen, messages) {
      checkSessionId(id);
      database.exec("begin immediate");
      try {
        const earlier = read(id)?.messages ?? [];
        if (earlier.length !== seen) throw sessionConflict(id, seen, earlier.length);
        if (messages.length > 0) write.run(id, JSON.stringify([...earlier, ...messages]), new Date().toISOString());
        database.exec("commit");
      } catch (thrown) {
        database.exec("rollback");
        throw thrown;
      }
    },
    async list(limit) {
      const rows = database.prepare("select id from session order by written desc limit ?").all(limit);
      return rows.flatMap(({ id }) => read(String(id)) ?? []).map(summarizeSession);
    },
    async delete(id) {
      checkSessionId(id);
      return database.prepare("delete from session where id = ?").run(id).changes > 0;
    },
    async close() {
      database.close();
    },
  };
}
