import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queryDatabase } from "../../../src/tools/query-database.ts";
import type { JsonObject } from "../../../src/message.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { readerPassword, startPostgres, type PostgresServer } from "../../support/postgres.ts";

let server: PostgresServer;
let folder: DataFolder;
let silentPort: number;
const silent = createServer(() => undefined);

beforeAll(async () => {
  server = await startPostgres();
  const { admin, url, superuserUrl, port } = server;
  for (const sql of [
    "create table orders (id int primary key, customer text, total numeric(10,2), placed timestamptz)",
    "insert into orders select g, 'c' || g, g * 1.25, '2024-01-01'::timestamptz + g * interval '1 hour' from generate_series(1, 1000) g",
    "create schema warehouse",
    "create table warehouse.stock (sku text, amount int)",
    "create table secrets (word text)",
    "create function writes() returns int language sql as $$ insert into secrets values ('x') returning 1 $$",
    "create sequence counter",
    "grant usage on schema warehouse to reader",
    "grant select on orders, warehouse.stock to reader",
    "grant all on sequence counter to reader",
    ...["files", "writes", "programs"].map((name) => `create role ${name} login password 'p'`),
    "grant pg_read_server_files to files",
    "grant pg_write_server_files to writes",
    "grant pg_execute_server_program to programs",
    "create role replicates login replication password 'p'",
    "create role bypasses login bypassrls password 'p'",
    "create role owner superuser",
    "create role member login password 'p'",
    "grant owner to member",
    "create role acts login superuser password 'p'",
    "alter role acts set role to reader",
  ])
    await admin.query(sql);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  silentPort = (silent.address() as { port: number }).port;
  const as = (role: string) => `postgres://${role}:p@127.0.0.1:${port}/postgres`;
  const roles = ["files", "writes", "programs", "replicates", "bypasses", "member", "acts"];
  folder = await openDataFolder({
    urls: {
      shop: url,
      superuser: superuserUrl,
      ...Object.fromEntries(roles.map((role) => [role, as(role)])),
      wrong_password: url.replace(readerPassword, "wr0ng-secret"),
      no_password: url.replace(`:${readerPassword}`, ""),
      no_database: url.replace(/postgres$/, "nowhere"),
      query_password: `postgres://reader@127.0.0.1:${port}/nowhere?password=${readerPassword}`,
      unreachable: "postgres://u:hidden-secret@127.0.0.1:1/x",
      unresolvable: "postgres://u:hidden-secret@no-such-host.invalid/x",
      silent: `postgres://u:hidden-secret@127.0.0.1:${silentPort}/x?connect_timeout=1&sslmode=disable`,
      broken: "postgres://u:hidden-secret@[::1/x",
      needs_tls: `${url}?sslmode=require`,
      no_key: `${url}?sslmode=require&sslrootcert=/nonexistent.pem`,
    },
  });
});

afterAll(async () => {
  await folder.close();
  silent.close();
  await server.stop();
});

const ask = (sql: string, more: JsonObject = {}) => folder.call(queryDatabase, { database: "shop", sql, ...more });
const value = (sql: string, more: JsonObject = {}) => folder.value(queryDatabase, { database: "shop", sql, ...more });

describe("roles that could do more than read are refused", () => {
  test.each(["superuser", "files", "writes", "programs", "replicates", "member", "acts"])("%s", async (database) => {
    const refused = await ask("select 1", { database });
    expect(refused).toMatchObject({ ok: false, code: "not_allowed", message: expect.stringContaining("CREATE ROLE") });
  });

  test("one that bypasses row security is said to", async () => {
    expect(await value("select 1 as a", { database: "bypasses" })).toMatchObject({
      rows: [[1]],
      notes: [expect.stringContaining("row security")],
    });
  });
});

describe("errors say what to do, and nothing secret", () => {
  test.each([
    ["wrong_password", "not_allowed", /password authentication failed.*correct user or password/],
    ["no_password", "not_allowed", /password/],
    ["no_database", "not_found", /"nowhere" does not exist/],
    ["query_password", "not_found", /"nowhere" does not exist/],
    ["unreachable", "unavailable", /127\.0\.0\.1:1 .*ECONNREFUSED.*see that it runs/],
    ["unresolvable", "unavailable", /no-such-host\.invalid.*(ENOTFOUND|EAI_AGAIN)/],
    ["silent", "unavailable", /did not answer in time/],
    ["broken", "unavailable", /cannot be read.*percent-encode/],
    ["needs_tls", "unavailable", /offers no TLS.*sslmode/],
    ["no_key", "unavailable", /sslrootcert/],
    ["shpo", "not_found", /did you mean shop|there is shop/],
    ["postgres://reader:hidden-secret@127.0.0.1/x", "not_allowed", /by its name/],
  ])("%s", async (database, code, message) => {
    const failed = await ask("select 1", { database });
    expect(failed).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
    expect(JSON.stringify(failed)).not.toMatch(/secret|s3cret|wr0ng|hidden/);
  });

  test.each([
    ["select * from warehouse.stok", "not_found", /did you mean warehouse\.stock/],
    ["select custmer from orders", "invalid_input", /customer/],
    ["select o.custmer from orders o", "invalid_input", /customer/],
    ["select * from secrets", "not_allowed", /permission denied.*GRANT SELECT/],
    ["select lenght('a')", "invalid_input", /lenght/],
    ["select 1 / 0", "invalid_input", /division by zero/],
    ["select 'x'::int", "invalid_input", /invalid input syntax.*"x"/],
    ["select 1\nfrom orders\nwhere", "invalid_input", /line 3/],
    ["select repeat('x', 1100000000)", "too_large", /./],
    ["select from orders", "invalid_input", /no column/],
  ])("%s", async (sql, code, message) => {
    expect(await ask(sql)).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
  });

  test("a server that goes away in the middle is unavailable, and the next statement works", async () => {
    const running = ask("select pg_sleep(30)");
    await expect.poll(() => activity("pg_sleep(30)")).toHaveLength(1);
    await server.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()",
    );
    expect(await running).toMatchObject({ ok: false, code: "unavailable" });
    expect(await value("select 1 as a")).toMatchObject({ rows: [[1]] });
  });

  test("a row of more than 64 MB is too large", async () => {
    expect(await ask("select repeat('x', 70000000)")).toMatchObject({ ok: false, code: "too_large" });
  });
});

/** The processes of the server that run something for the roles of these tests. */
async function activity(sql: string): Promise<unknown[]> {
  const { rows } = await server.admin.query<{ pid: number }>(
    "select pid, state, query from pg_stat_activity where usename = 'reader' and state <> 'idle' and query like $1",
    [`%${sql}%`],
  );
  return rows;
}

describe("an abort reaches the server", () => {
  test.each([
    ["a sleep", "select pg_sleep(60)"],
    ["a cross join", "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000000) b"],
    ["a recursion", "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r"],
    ["rows on their way", "select generate_series(1, 2000000000) as streamed"],
    ["a wait for a lock", "select count(*) from orders"],
  ])("%s", async (name, sql) => {
    const blocker = new pg.Client(server.superuserUrl);
    await blocker.connect();
    if (name === "a wait for a lock") await blocker.query("begin; lock table orders in access exclusive mode");
    const stop = new AbortController();
    const running = folder.call(queryDatabase, { database: "shop", sql }, stop.signal);
    running.catch(() => undefined);
    await expect.poll(() => activity(sql.slice(0, 40)), { timeout: 5_000 }).toHaveLength(1);
    await delay(100);
    stop.abort(new Error("stopped by the user"));
    const aborted = performance.now();
    await expect(running).rejects.toThrow("stopped by the user");
    await expect.poll(() => activity(sql.slice(0, 40)), { timeout: 5_000, interval: 20 }).toHaveLength(0);
    expect(performance.now() - aborted).toBeLessThan(5_000);
    await blocker.end();
  });
});

test("a statement ends on the server when the process that asked for it is killed", async () => {
  const args = [folder.root, "shop", "select pg_sleep(62)", server.url];
  const parent = fork(new URL("../../support/database-parent.ts", import.meta.url), args, { execArgv: [] });
  await expect.poll(() => activity("pg_sleep(62)"), { timeout: 10_000 }).toHaveLength(1);
  parent.kill("SIGKILL");
  await expect.poll(() => activity("pg_sleep(62)"), { timeout: 10_000 }).toHaveLength(0);
});

test("a role's own time limit holds", async () => {
  await server.admin.query("alter role reader set statement_timeout = '300ms'");
  expect(await ask("select pg_sleep(20)")).toMatchObject({ ok: false, code: "timeout" });
  await server.admin.query("alter role reader reset statement_timeout");
});

test("nothing that a statement sets is there for the next, and no connection stays", async () => {
  const before = await value("show work_mem");
  await ask("select set_config('work_mem', '1GB', false)");
  expect(await value("show work_mem")).toMatchObject({ rows: before["rows"] });
  const sessions = async () =>
    (await server.admin.query<{ pid: number }>("select pid from pg_stat_activity where usename = 'reader'")).rows;
  await expect.poll(sessions).toEqual([]);
});

test("TLS as the URL asks for it, and a certificate nobody vouches for is refused where it is checked", async () => {
  const { rows } = await server.admin.query<{ path: string }>("select current_setting('data_directory') as path");
  const [{ path } = { path: "" }] = rows;
  const certificate = join(import.meta.dirname, "../../fixtures/tls/localhost-cert.pem");
  const key = await readFile(join(import.meta.dirname, "../../fixtures/tls/localhost-key.pem"), "utf8");
  const { chown, writeFile, stat } = await import("node:fs/promises");
  await writeFile(join(path, "server.key"), key, { mode: 0o600 });
  await writeFile(join(path, "server.crt"), await readFile(certificate));
  const { uid, gid } = await stat(path);
  await chown(join(path, "server.key"), uid, gid);
  for (const sql of ["alter system set ssl = on", "select pg_reload_conf()"]) await server.admin.query(sql);
  await delay(500);
  const at = server.url.replace("127.0.0.1", "localhost");
  const encrypted = await openDataFolder({
    urls: {
      standard: at,
      required: `${at}?sslmode=require`,
      full: `${at}?sslmode=verify-full`,
      full_with_authority: `${at}?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate)}`,
      off: `${at}?sslmode=disable`,
    },
  });
  try {
    const sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    const over = (database: string) => encrypted.call(queryDatabase, { database, sql });
    for (const name of ["standard", "required", "full_with_authority"])
      expect([name, await over(name)]).toMatchObject([name, { ok: true, value: { rows: [[true]] } }]);
    expect(await over("off")).toMatchObject({ ok: true, value: { rows: [[false]] } });
    expect(await over("full")).toMatchObject({
      ok: false,
      code: "unavailable",
      message: expect.stringMatching(/sslrootcert/),
    });
    const stop = new AbortController();
    const running = encrypted.call(queryDatabase, { database: "required", sql: "select pg_sleep(61)" }, stop.signal);
    running.catch(() => undefined);
    await expect.poll(() => activity("pg_sleep(61)"), { timeout: 5_000 }).toHaveLength(1);
    stop.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    await expect.poll(() => activity("pg_sleep(61)"), { timeout: 5_000 }).toHaveLength(0);
  } finally {
    await encrypted.close();
  }
});
