import { randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { ConfigError, errorMessage, systemErrorCode } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import { once } from "../once.ts";
import { hostname, readPostgresUrl, tlsOptions, type PostgresAddress } from "../postgres-url.ts";
import { checkSessionId, conflict, titlesIn, type SessionStore, type StoreOptions } from "./store.ts";
import { explained, isCutOff } from "./server-errors.ts";
import { firstContactMs, untilDone } from "./until-done.ts";

/** What a database went through, in order; `axoner_schema` says how much of it. Only ever added to. */
const migrations = [
  `create table axoner_sessions (
     id text collate "C" primary key,
     title text not null,
     message_count integer not null,
     updated_at timestamptz not null
   );
   create index axoner_sessions_by_time on axoner_sessions (updated_at);
   create table axoner_records (
     session_id text collate "C" not null references axoner_sessions (id) on delete cascade,
     seen integer not null,
     writer uuid not null,
     messages text not null,
     primary key (session_id, seen)
   )`,
];
/** Any number that no other program would take. */
const migrationLock = 7_305_161_127;

/** JSON stays text: `jsonb` refuses characters that models do write. */
const insertRecord =
  "insert into axoner_records (session_id, seen, writer, messages) select id, $2, $3, $4 from session";
const beginSession = `
  with session as (
    insert into axoner_sessions (id, title, message_count, updated_at)
    values ($1, coalesce($6, $7, ''), $2::integer + $5, clock_timestamp()) on conflict do nothing returning id
  ) ${insertRecord}`;
const continueSession = `
  with session as (
    update axoner_sessions
    set title = coalesce($6, nullif(title, ''), $7, ''), message_count = $2::integer + $5, updated_at = clock_timestamp()
    where id = $1 and message_count = $2 returning id
  ) ${insertRecord}`;
const loadSession = `
  select updated_at, messages from axoner_sessions join axoner_records on session_id = id where id = $1 order by seen`;

const maxConnections = 8;
/** A server that says nothing for so long is asked again, on another connection. */
const answerMs = 10_000;
/** A whole conversation may be long. */
const longAnswerMs = 60_000;

/**
 * Sessions in a PostgreSQL database, for any number of processes and machines. An append is one statement. Where the
 * server goes away meanwhile it is repeated for half a minute; each has a mark, so that it is never there twice.
 *
 * @throws ConfigError from any method for a database of a newer version, AxonerError where it cannot be used
 */
export function openPostgresStore(url: string, { durable = false }: StoreOptions = {}): SessionStore {
  const address = addressOf(url);
  const where = `the sessions at ${hostname(address)}`;
  const opened = once(() => openPool(address));
  let wasReached = false;
  const ready = once(async () => {
    const pool = await opened.get();
    wasReached = true;
    await migrate(pool, where);
    if (durable) await checkDurable(pool, where);
    return pool;
  });
  const patient = <Result>(what: string, work: (pool: Pool, tried: number) => Promise<Result>): Promise<Result> =>
    explained({ where, secrets: address.secrets, check: "the server, the role and its rights" }, () =>
      untilDone(async (tried) => work(await ready.get(), tried), {
        what: `${what} ${where}`,
        isPassing: isGone,
        // of a name with several addresses the error says nothing but its code
        why: (thrown) => errorMessage(thrown) || (systemErrorCode(thrown) ?? "it cannot be reached"),
        ...(wasReached ? {} : { deadlineMs: firstContactMs }),
      }),
    );

  return {
    async load(id) {
      checkSessionId(id);
      const query = { text: loadSession, values: [id], query_timeout: longAnswerMs };
      const { rows } = await patient("reading", (pool) => pool.query<RecordRow>(query));
      const [first] = rows;
      if (first === undefined) return undefined;
      const messages = rows.flatMap((row) => JSON.parse(row.messages) as StoredMessage[]);
      return { id, messages, updatedAt: first.updated_at.toISOString() };
    },
    async append(id, seen, messages) {
      checkSessionId(id);
      const writer = randomUUID();
      const append = { id, seen, messages, writer };
      await patient("writing to", (pool, tried) => appendTo(pool, append, tried > 0));
    },
    async list(limit) {
      const sql = "select id, title, message_count, updated_at from axoner_sessions order by updated_at desc limit $1";
      const { rows } = await patient("reading", (pool) => pool.query<SessionRow>(sql, [limit]));
      return rows.map(({ id, title, message_count: messageCount, updated_at: updatedAt }) => {
        return { id, title, messageCount, updatedAt: updatedAt.toISOString() };
      });
    },
    async delete(id) {
      checkSessionId(id);
      let existed = false;
      await patient("deleting from", async (pool) => {
        // asked for first: of a deletion the answer may be lost, and the next attempt would find nothing
        existed ||= (await pool.query("select from axoner_sessions where id = $1", [id])).rowCount === 1;
        await pool.query("delete from axoner_sessions where id = $1", [id]);
      });
      return existed;
    },
    async close() {
      await (await opened.opened())?.end();
    },
  };
}

interface SessionRow {
  id: string;
  title: string;
  message_count: number;
  updated_at: Date;
}

type RecordRow = Pick<SessionRow, "updated_at"> & { messages: string };

interface Append {
  id: string;
  seen: number;
  messages: readonly StoredMessage[];
  writer: string;
}

async function appendTo(pool: Pool, { id, seen, messages, writer }: Append, isRepeated: boolean): Promise<void> {
  if (messages.length > 0) {
    const { given, said } = titlesIn(messages);
    const values = [id, seen, writer, JSON.stringify(messages), messages.length, given, said];
    const { rowCount } = await pool.query(seen === 0 ? beginSession : continueSession, values);
    if (rowCount === 1) return;
  }
  const count = await pool.query<SessionRow>("select message_count from axoner_sessions where id = $1", [id]);
  const found = count.rows[0]?.message_count ?? 0;
  if (messages.length === 0 && found === seen) return;
  if (isRepeated) {
    const sql = "select from axoner_records where session_id = $1 and seen = $2 and writer = $3";
    if ((await pool.query(sql, [id, seen, writer])).rowCount === 1) return; // the answer was lost, not the append
  }
  throw conflict(id, seen, found);
}

function addressOf(url: string): PostgresAddress {
  try {
    return readPostgresUrl(url, "--store URL");
  } catch (thrown) {
    throw new ConfigError(errorMessage(thrown), { cause: thrown });
  }
}

async function openPool(address: PostgresAddress): Promise<Pool> {
  const { default: pg } = await import("pg");
  const { host, port, user, database, password, options, connectTimeoutMs, sslMode } = address;
  const open = (ssl: Awaited<ReturnType<typeof tlsOptions>>) => {
    const pool = new pg.Pool({
      host,
      port,
      user,
      database,
      ssl,
      application_name: "axoner",
      keepAlive: true,
      max: maxConnections,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: answerMs,
      ...(password === undefined ? {} : { password }),
      ...(options === undefined ? {} : { options }),
    });
    pool.on("error", () => undefined); // of an idle connection: the next use opens another
    return pool;
  };
  const pool = open(await tlsOptions(address));
  try {
    (await pool.connect()).release();
    return pool;
  } catch (thrown) {
    await pool.end();
    if (sslMode !== "prefer" || !/does not support SSL/.test(errorMessage(thrown))) throw thrown;
    return open(false);
  }
}

/** Bring the tables to what this version knows. A role that may not make tables can use what is there. */
async function migrate(pool: Pool, where: string): Promise<void> {
  if ((await versionOf(pool)) === migrations.length) return;
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [migrationLock]);
    // not asked for: what was asked before the lock was there may still be remembered by the connection
    await client.query("create table if not exists axoner_schema (version integer not null)");
    const version = await storedVersion(client);
    if (version > migrations.length) {
      throw new ConfigError(`${where} were made by a newer axoner (version ${version}); update axoner`);
    }
    for (const migration of migrations.slice(version)) await client.query(migration);
    await client.query("delete from axoner_schema");
    await client.query("insert into axoner_schema values ($1)", [migrations.length]);
    await client.query("commit");
    client.release();
  } catch (thrown) {
    client.release(true); // the server rolls back
    throw thrown;
  }
}

async function versionOf(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ found: boolean }>("select to_regclass('axoner_schema') is not null as found");
  return rows[0]?.found === true ? storedVersion(pool) : 0;
}

async function storedVersion(client: Pool | PoolClient): Promise<number> {
  const { rows } = await client.query<{ version: number }>("select version from axoner_schema");
  return rows[0]?.version ?? 0;
}

async function checkDurable(pool: Pool, where: string): Promise<void> {
  for (const setting of ["fsync", "synchronous_commit"]) {
    const { rows } = await pool.query<Record<string, string>>(`show ${setting}`);
    if (rows[0]?.[setting] !== "off") continue;
    throw new ConfigError(`${where} cannot be --durable: ${setting} is off there; turn it on, or leave out --durable`);
  }
}

/** The server went away or does not answer: it may be there again soon. */
function isGone(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = "code" in thrown ? String(thrown.code) : "";
  // class 08 and 57P: connection failures, shutdown, starting up; 53300: too many connections; 40: roll back and repeat
  if (/^(08...|57P0.|53300|40001|40P01)$/.test(code)) return true;
  if (isCutOff(code)) return true;
  return /Connection terminated|read timeout|timeout expired|timeout exceeded|Client has encountered/i.test(
    thrown.message,
  );
}
