import { closeSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { AxonerError, errorMessage } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import {
  checkSessionId,
  conflict,
  titlesIn,
  type Session,
  type SessionStore,
  type SessionSummary,
  type StoreOptions,
} from "./store.ts";
import { untilDone } from "./until-done.ts";
import { makeFoldersSync } from "../make-folders.ts";

/** What a database went through, in order; `user_version` says how much of it. Only ever added to. */
const migrations = [
  `create table sessions (
     id text primary key,
     title text not null,
     message_count integer not null,
     updated_at text not null
   ) strict, without rowid;
   create index sessions_by_time on sessions (updated_at);
   create table records (
     session_id text not null references sessions (id) on delete cascade,
     seen integer not null,
     messages text not null,
     primary key (session_id, seen)
   ) strict, without rowid;`,
];

/** How long SQLite itself waits for another process, which stops everything else here; then it is tried again. */
const busyMs = 50;

/**
 * Sessions in one SQLite database, which several processes of one machine may use at once. Only its owner can read it.
 * What an append acknowledges survives the death of the process; with `durable` the loss of power too.
 *
 * @throws ConfigError from any method for a database of a newer version, AxonerError where it cannot be used
 */
export async function openSqliteStore(file: string, { durable = false }: StoreOptions = {}): Promise<SessionStore> {
  const path = resolve(file);
  const database = await explained(path, async () => openDatabase(path, durable));
  const statements = prepare(database);
  const patient = <Result>(what: string, work: () => Result): Promise<Result> =>
    explained(path, () => untilDone(async () => work(), { what: `${what} ${path}`, isPassing: isBusy }));

  return {
    async load(id) {
      checkSessionId(id);
      return patient("reading", () => inTransaction(database, "deferred", () => loadSession(statements, id)));
    },
    async append(id, seen, messages) {
      checkSessionId(id);
      return patient("writing to", () =>
        inTransaction(database, "immediate", () => appendTo(statements, { id, seen, messages })),
      );
    },
    list: (limit) => patient("reading", () => statements.list.all(limit).map(toSummary)),
    async delete(id) {
      checkSessionId(id);
      return patient("writing to", () => statements.remove.run(id).changes > 0);
    },
    async close() {
      database.close();
    },
  };
}

async function openDatabase(path: string, durable: boolean): Promise<DatabaseSync> {
  const { DatabaseSync } = await import("node:sqlite");
  makeFoldersSync(dirname(path), 0o700);
  closeSync(openSync(path, "a", 0o600)); // SQLite would let others read it; its log is made like it
  const database = new DatabaseSync(path, { timeout: busyMs, enableForeignKeyConstraints: true });
  try {
    await untilDone(
      async () => {
        database.exec(`pragma journal_mode = wal; pragma synchronous = ${durable ? "full" : "normal"}`);
        inTransaction(database, "immediate", () => migrate(database, path));
      },
      { what: `opening ${path}`, isPassing: isBusy },
    );
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare("pragma user_version").get()?.["user_version"]);
  if (version > migrations.length) {
    throw new AxonerError(
      `${path} was made by a newer axoner (version ${version}); update axoner, or name another file`,
    );
  }
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(`pragma user_version = ${migrations.length}`);
}

function prepare(database: DatabaseSync) {
  return {
    session: database.prepare("select message_count, updated_at from sessions where id = ?"),
    records: database.prepare("select messages from records where session_id = ? order by seen"),
    begin: database.prepare(
      "insert into sessions (id, title, message_count, updated_at) values (?, ?, ?, ?) on conflict do nothing",
    ),
    goOn: database.prepare(
      `update sessions set title = coalesce(:given, nullif(title, ''), :said, ''), message_count = :count, updated_at = :at
       where id = :id and message_count = :seen`,
    ),
    add: database.prepare("insert into records (session_id, seen, messages) values (?, ?, ?)"),
    list: database.prepare(
      "select id, title, message_count, updated_at from sessions order by updated_at desc limit ?",
    ),
    remove: database.prepare("delete from sessions where id = ?"),
  };
}

type Statements = ReturnType<typeof prepare>;

function loadSession({ session, records }: Statements, id: string): Session | undefined {
  const found = session.get(id);
  if (found === undefined) return undefined;
  const messages = records.all(id).flatMap((row) => JSON.parse(String(row["messages"])) as StoredMessage[]);
  return { id, messages, updatedAt: String(found["updated_at"]) };
}

function toSummary({ id, title, message_count: count, updated_at: updatedAt }: Row): SessionSummary {
  return { id: String(id), title: String(title), messageCount: Number(count), updatedAt: String(updatedAt) };
}

type Row = Record<string, SQLOutputValue>;

interface Append {
  id: string;
  seen: number;
  messages: readonly StoredMessage[];
}

function appendTo(statements: Statements, { id, seen, messages }: Append): void {
  const found = Number(statements.session.get(id)?.["message_count"] ?? 0);
  if (found !== seen) throw conflict(id, seen, found);
  if (messages.length === 0) return;
  const { given = null, said = null } = titlesIn(messages);
  const at = new Date().toISOString();
  const count = seen + messages.length;
  if (seen === 0) statements.begin.run(id, given ?? said ?? "", count, at);
  else statements.goOn.run({ given, said, count, at, id, seen });
  statements.add.run(id, seen, JSON.stringify(messages));
}

function inTransaction<Result>(database: DatabaseSync, kind: "deferred" | "immediate", work: () => Result): Result {
  database.exec(`begin ${kind}`);
  try {
    const result = work();
    database.exec("commit");
    return result;
  } catch (thrown) {
    if (database.isTransaction) database.exec("rollback");
    throw thrown;
  }
}

/** Another process writes just now. */
function isBusy(thrown: unknown): boolean {
  const code = thrown instanceof Error && "errcode" in thrown ? Number(thrown.errcode) & 0xff : 0;
  return code === 5 || code === 6;
}

async function explained<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof AxonerError || !(thrown instanceof Error && "code" in thrown)) throw thrown;
    const advice = "check that it is a SQLite database, its permissions and the space on the disk";
    throw new AxonerError(`the sessions in ${path} cannot be used: ${errorMessage(thrown)}; ${advice}`, {
      cause: thrown,
    });
  }
}
