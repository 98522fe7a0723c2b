import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AxonerError, ConfigError, errorMessage } from "../../src/errors.ts";
import { openStore } from "../../src/session/index.ts";
import { openPostgresStore } from "../../src/session/postgres.ts";
import { describeSessionStore, say, texts } from "../contracts/session-store.ts";
import { freePort } from "../support/free-port.ts";
import { startPostgres, type PostgresServer } from "../support/postgres.ts";

let server: PostgresServer;
let databases = 0;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.stop());

/** The URL of an empty database. */
async function newDatabase(): Promise<string> {
  const name = `sessions_${databases++}`;
  await server.admin.query(`create database ${name}`);
  return server.superuserUrl.replace(/\/postgres$/, `/${name}`);
}

describeSessionStore("PostgreSQL", async () => openStore(await newDatabase()));

async function using<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test("stores that are opened at once make the tables once, and share what they hold", async () => {
  const url = await newDatabase();
  const stores = Array.from({ length: 4 }, () => openPostgresStore(url));
  await Promise.all(stores.map((store, index) => store.append(`s${index}`, 0, [say(String(index))])));
  expect(texts(await stores[0]?.load("s3"))).toEqual(["3"]);
  await Promise.all(stores.map((store) => store.close()));
});

test("a role that may not make tables uses what is there", async () => {
  const url = await newDatabase();
  const owner = openPostgresStore(url);
  await owner.append("a", 0, [say("1")]);
  await using(url, async (client) => {
    await client.query("grant select, insert, update, delete on axoner_sessions, axoner_records to reader");
    await client.query("grant select on axoner_schema to reader");
  });
  const name = url.slice(url.lastIndexOf("/"));
  const store = openPostgresStore(server.url.replace(/\/postgres$/, name));
  await store.append("a", 1, [say("2")]);
  expect(texts(await owner.load("a"))).toEqual(["1", "2"]);
  await Promise.all([store.close(), owner.close()]);
});

test("tables of a newer version are refused", async () => {
  const url = await newDatabase();
  const store = openPostgresStore(url);
  await store.append("a", 0, [say("1")]);
  await using(url, (client) => client.query("update axoner_schema set version = 99"));
  const later = openPostgresStore(url);
  await expect(later.load("a")).rejects.toThrow(/newer axoner \(version 99\)/);
  await Promise.all([store.close(), later.close()]);
});

test("an append that the server carried out without its answer arriving is not there twice", async () => {
  const url = await newDatabase();
  const store = openPostgresStore(url);
  await store.append("a", 0, [say("1")]);
  // the line is cut once the server has begun, and before it can answer
  await using(url, async (client) => {
    await client.query(`
      create function hold() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.3); return new; end $$;
      create trigger hold before insert on axoner_records for each row execute function hold()`);
    const appending = store.append("a", 1, [say("2")]);
    for (let cut = 0; cut === 0;) {
      const { rows } = await client.query<{ cut: number }>(
        `select count(pg_terminate_backend(pid))::int as cut from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and query like '%axoner_records%' and state = 'active'`,
      );
      cut = rows[0]?.cut ?? 0;
    }
    await client.query("drop trigger hold on axoner_records");
    await appending;
  });
  expect(texts(await store.load("a"))).toEqual(["1", "2"]);
  await store.close();
});

test("durable is refused where the server would lose what it acknowledged", async () => {
  const store = openPostgresStore(await newDatabase(), { durable: true }); // the test's server runs with fsync=off
  await expect(store.load("a")).rejects.toThrow(ConfigError);
  await expect(store.load("a")).rejects.toThrow(/fsync is off/);
  await store.close();
});

test("what is wrong with the server is said without the password", async () => {
  const store = openPostgresStore(server.superuserUrl.replace("secret-of-superuser", "hunter2"));
  const failure: unknown = await store.load("a").catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(AxonerError);
  expect(errorMessage(failure)).toMatch(/127\.0\.0\.1.*password authentication failed/);
  expect(errorMessage(failure)).not.toContain("hunter2");
  await store.close();
  expect(() => openPostgresStore("postgres://a:hunter%2@host/x")).toThrow(ConfigError);
  expect(() => openPostgresStore("postgres://a:hunter%2@host/x")).not.toThrow(/hunter/);
});

test("a server that is not there is said after seconds, with the reason", async () => {
  const store = openPostgresStore(`postgres://a:hunter2@127.0.0.1:${await freePort()}/x`);
  const failure: unknown = await store.load("a").catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(AxonerError);
  expect(errorMessage(failure)).toMatch(
    /reading the sessions at 127\.0\.0\.1:\d+ did not work for 5 s: .*ECONNREFUSED/,
  );
  await store.close();
});
