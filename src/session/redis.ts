import { randomUUID } from "node:crypto";
import type { Redis, RedisOptions } from "ioredis";
import { AxonerError, ConfigError, errorMessage, systemErrorCode } from "../errors.ts";
import { log } from "../log.ts";
import type { StoredMessage } from "../message.ts";
import { once } from "../once.ts";
import { checkSessionId, conflict, titlesIn, type Session, type SessionStore, type StoreOptions } from "./store.ts";
import { explained, isCutOff } from "./server-errors.ts";
import { firstContactMs, untilDone } from "./until-done.ts";

/*
 * Of each session a hash says how many messages it holds, and a list has its appends as JSON, one an item; a sorted set
 * says when each was written to. The part in braces keeps all keys on one node of a cluster.
 */
const indexKey = "axoner:{sessions}:index";
const infoKey = (id: string) => `axoner:{sessions}:info:${id}`;
const logKey = (id: string) => `axoner:{sessions}:log:${id}`;

/** KEYS info, log, index; ARGV id, seen, count, record, at, given, said, ttlMs. Returns -1, or the messages found. */
const appendScript = `
local found = tonumber(redis.call('HGET', KEYS[1], 'count') or '0')
if found ~= tonumber(ARGV[2]) then return found end
if ARGV[3] == ARGV[2] then return -1 end
local title = redis.call('HGET', KEYS[1], 'title')
if ARGV[6] ~= '' then title = ARGV[6] elseif not title or title == '' then title = ARGV[7] end
redis.call('RPUSH', KEYS[2], ARGV[4])
redis.call('HSET', KEYS[1], 'count', ARGV[3], 'title', title, 'at', ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
if tonumber(ARGV[8]) > 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[8])
  redis.call('PEXPIRE', KEYS[2], ARGV[8])
end
return -1`;
/** KEYS info, log. Both as of one moment. */
const loadScript = "return { redis.call('HMGET', KEYS[1], 'count', 'at'), redis.call('LRANGE', KEYS[2], 0, -1) }";
/** KEYS info, log, index; ARGV id. */
const deleteScript = "redis.call('ZREM', KEYS[3], ARGV[1]) return redis.call('DEL', KEYS[1], KEYS[2])";

/** A server that says nothing for so long is asked again, on another connection. */
const answerMs = 10_000;

interface StoredAppend {
  writer: string;
  messages: StoredMessage[];
}

/**
 * Sessions in Redis, for any number of processes and machines: `redis://host/0`, `rediss://` with TLS, `?ttl=30d` for
 * sessions that end when nobody has written to them for so long. An append is one script, so it is whole and in order.
 * Where the server goes away meanwhile it is repeated for half a minute; each has a mark, so that it is never there
 * twice. How much the server itself can lose is its `appendonly` and `appendfsync`; `durable` demands the safest.
 *
 * @throws ConfigError for a URL that cannot be read, AxonerError from any method where the server cannot be used
 */
export function openRedisStore(url: string, { durable = false }: StoreOptions = {}): SessionStore {
  const { server, ttlMs, secrets } = readUrl(url);
  const where = `the sessions at ${server.host}:${server.port}`;
  const line: Line = { wasReached: false, trouble: undefined };
  const opened = once(() => connect(server, line));
  const ready = once(async () => {
    const redis = await opened.get();
    if (durable) await checkDurable(redis, where);
    return redis;
  });
  const patient = <Result>(what: string, work: (redis: Redis, tried: number) => Promise<Result>): Promise<Result> =>
    explained({ where, secrets, check: "the server, the user and its rights" }, () =>
      untilDone(async (tried) => work(await ready.get(), tried), {
        what: `${what} ${where}`,
        isPassing: isGone,
        why: (thrown) => line.trouble ?? errorMessage(thrown),
        ...(line.wasReached ? {} : { deadlineMs: firstContactMs }),
      }),
    );

  return {
    async load(id) {
      checkSessionId(id);
      const loaded = await patient("reading", (redis) => loadAppends(redis, id));
      return loaded && toSession(id, loaded);
    },
    async append(id, seen, messages) {
      checkSessionId(id);
      const writer = randomUUID();
      await patient("writing to", (redis, tried) => {
        return appendTo(redis, { id, seen, messages, writer, ttlMs, isRepeated: tried > 0 });
      });
    },
    list: (limit) => patient("reading", (redis) => listSessions(redis, limit)),
    async delete(id) {
      checkSessionId(id);
      let existed = false;
      await patient("deleting from", async (redis) => {
        // asked for first: of a deletion the answer may be lost, and the next attempt would find nothing
        existed ||= (await redis.exists(infoKey(id))) > 0;
        await redis.eval(deleteScript, 3, infoKey(id), logKey(id), indexKey, id);
      });
      return existed;
    },
    async close() {
      (await opened.opened())?.disconnect();
    },
  };
}

interface Append {
  id: string;
  seen: number;
  messages: readonly StoredMessage[];
  writer: string;
  ttlMs: number;
  isRepeated: boolean;
}

async function appendTo(redis: Redis, { id, seen, messages, writer, ttlMs, isRepeated }: Append): Promise<void> {
  const record = JSON.stringify({ writer, messages });
  const { given = "", said = "" } = titlesIn(messages);
  const values = [id, seen, seen + messages.length, record, Date.now(), given, said, ttlMs];
  const found = Number(await redis.eval(appendScript, 3, infoKey(id), logKey(id), indexKey, ...values));
  if (found === -1) return;
  if (isRepeated) {
    const appends = (await loadAppends(redis, id))?.appends ?? [];
    if (appends.some((append) => append.writer === writer)) return; // the answer was lost, not the append
  }
  throw conflict(id, seen, found);
}

interface Loaded {
  appends: StoredAppend[];
  count: number;
  at: number;
}

async function loadAppends(redis: Redis, id: string): Promise<Loaded | undefined> {
  const [info, items] = (await redis.eval(loadScript, 2, infoKey(id), logKey(id))) as [(string | null)[], string[]];
  const [count, at] = info;
  if (typeof count !== "string") return undefined;
  return { appends: items.map((item) => JSON.parse(item) as StoredAppend), count: Number(count), at: Number(at) };
}

function toSession(id: string, { appends, count, at }: Loaded): Session {
  const messages = appends.flatMap((append) => append.messages);
  if (messages.length === count) return { id, messages, updatedAt: new Date(at).toISOString() };
  throw new AxonerError(
    `session ${id} should hold ${count} messages in Redis and holds ${messages.length}: the server evicts keys; set its maxmemory-policy to noeviction, and delete the session`,
  );
}

async function listSessions(redis: Redis, limit: number) {
  const summaries = [];
  const portion = Math.min(limit, 500);
  for (let from = 0; summaries.length < limit; from += portion) {
    const ids = await redis.zrevrange(indexKey, from, from + portion - 1);
    if (ids.length === 0) break;
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.hmget(infoKey(id), "title", "count", "at");
    const infos = (await pipeline.exec()) ?? [];
    for (const [index, [error, info]] of infos.entries()) {
      if (error) throw error;
      const [title, count, at] = info as (string | null)[];
      const id = ids[index];
      if (id === undefined || typeof count !== "string") continue; // its time was over
      const updatedAt = new Date(Number(at)).toISOString();
      summaries.push({ id, title: title ?? "", messageCount: Number(count), updatedAt });
    }
  }
  return summaries.slice(0, limit);
}

type ServerOptions = Omit<RedisOptions, "replyMapping">;

interface Line {
  wasReached: boolean;
  /** Why there is no connection, while there is none. */
  trouble: string | undefined;
}

async function connect(server: ServerOptions, line: Line): Promise<Redis> {
  const { Redis: Client } = await import("ioredis");
  const options: ServerOptions = {
    ...server,
    connectionName: "axoner",
    connectTimeout: 10_000,
    commandTimeout: answerMs,
    // what was on its way when a line broke is repeated here, where it is known how
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 1_000),
  };
  const redis = new Client(options);
  redis.on("ready", () => Object.assign(line, { wasReached: true, trouble: undefined } satisfies Line));
  redis.on("error", (thrown: Error) => (line.trouble = thrown.message || systemErrorCode(thrown)));
  return redis;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function readUrl(text: string): {
  server: ServerOptions & { host: string; port: number };
  ttlMs: number;
  secrets: string[];
} {
  const url = URL.parse(text);
  if (url === null || url.hostname === "") throw broken("it is no URL; write redis://user:password@host:6379/0");
  const database = url.pathname.replace(/^\//, "") || "0";
  if (!/^\d+$/.test(database)) throw broken("what follows the host must be the number of a database, e.g. /0");
  const unknown = [...url.searchParams.keys()].find((name) => name !== "ttl");
  if (unknown !== undefined) throw broken("of parameters it takes ttl alone, e.g. ?ttl=30d");
  const ttl = url.searchParams.get("ttl");
  const [, amount, unit = "s"] = /^(\d+)([smhd])?$/.exec(ttl ?? "0") ?? [];
  const ttlMs = Number(amount) * (unitsMs[unit] ?? NaN);
  if (!(ttlMs > 0) && ttl !== null) throw broken("its ttl must be a time such as 12h or 30d");
  const [username, password] = [decode(url.username), decode(url.password)];
  const server = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || 6_379),
    db: Number(database),
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    ...(url.protocol === "rediss:" ? { tls: {} } : {}),
  };
  return { server, ttlMs, secrets: [password, url.password].filter(Boolean) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw broken("a % in it is not followed by two hex digits; write % as %25");
  }
}

/** Nothing of the URL is said, which may hold a password. */
function broken(why: string): ConfigError {
  return new ConfigError(`the URL of the store in Redis cannot be read: ${why} (--store URL)`);
}

/** A server that answers only once an append is on its disk. */
async function checkDurable(redis: Redis, where: string): Promise<void> {
  const wanted = { appendonly: "yes", appendfsync: "always" };
  for (const [setting, value] of Object.entries(wanted)) {
    const answer = await redis.config("GET", setting).catch((thrown: unknown) => {
      if (isGone(thrown)) throw thrown;
      return undefined;
    });
    const found = Array.isArray(answer) ? String(answer[1]) : undefined;
    if (found === undefined) {
      log.warn(`${where}: whether they are durable cannot be asked there; see that ${setting} is ${value}`);
    } else if (found !== value) {
      throw new ConfigError(
        `${where} cannot be --durable: ${setting} is ${found} there; set it to ${value}, or leave out --durable`,
      );
    }
  }
}

/** The server went away or does not answer: it may be there again soon. */
function isGone(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = "code" in thrown ? String(thrown.code) : "";
  if (isCutOff(code)) return true;
  if (/^(LOADING|BUSY|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN)\b/.test(thrown.message)) return true;
  return /Command timed out|Connection is closed|retries per request|Stream isn't writeable/i.test(thrown.message);
}
