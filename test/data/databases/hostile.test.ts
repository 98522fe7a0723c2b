import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queryDatabase } from "../../../src/tools/query-database.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { makeSqlite } from "../../support/sqlite-file.ts";
import { startPostgres, type PostgresServer } from "../../support/postgres.ts";

let server: PostgresServer;
let folder: DataFolder;

beforeAll(async () => {
  server = await startPostgres();
  for (const sql of [
    "create table t (a int)",
    "insert into t values (1)",
    "create table audit (a text)",
    "create sequence s",
    "create function leaks() returns int language plpgsql as $$ begin insert into audit values ('x'); return 1; end $$",
    "create function sneaks() returns int language plpgsql as $$ begin set local transaction_read_only = off; insert into audit values ('x'); return 1; end $$",
    "grant all on all tables in schema public to reader",
    "grant all on all sequences in schema public to reader",
    "grant all on schema public to reader",
  ])
    await server.admin.query(sql);
  folder = await openDataFolder({ urls: { shop: server.url } });
  makeSqlite(join(folder.root, "a.db"), "create table t (a); insert into t values (1)");
});

afterAll(async () => {
  await folder.close();
  await server.stop();
});

describe("PostgreSQL: a role that may write everything does nothing but read", () => {
  test.each([
    // writes, plain and hidden
    "insert into t values (2)",
    "with x as (insert into t values (2) returning a) select * from x",
    "with x as (update t set a = 2 returning a) select * from x",
    "with x as (delete from t returning a) select * from x",
    "with x as (merge into t using (select 1 as b) s on a = b when matched then delete returning a) select * from x",
    "select a into made from t",
    "create table made as select 1",
    "explain analyze insert into t values (2)",
    "explain analyze create table made as select 1",
    "explain (analyze) delete from t",
    "explain (analyze, verbose) create table made as select 1",
    "explain (analyze false) execute p",
    "truncate t",
    "drop table t",
    "grant all on t to public",
    "comment on table t is 'x'",
    "refresh materialized view m",
    "select * from t for update",
    "select * from t for share",
    "lock table t",
    "copy t to stdout",
    "copy t from stdin",
    "copy (select 1) to program 'touch /tmp/made'",
    "copy t from '/etc/passwd'",
    "do $$ begin insert into t values (2); end $$",
    "call leaks()",
    "select leaks()",
    "select sneaks()",
    "values (leaks())",
    "table t; insert into t values (2)",
    // out of the transaction
    "commit",
    "rollback; insert into t values (2)",
    "begin read write",
    "start transaction read write",
    "set transaction read write",
    "set session characteristics as transaction read write",
    "set default_transaction_read_only = off",
    "set role postgres",
    "set session authorization postgres",
    "reset all",
    "discard all",
    "prepare p as insert into t values (2)",
    "execute p",
    "declare c cursor with hold for select 1",
    "select set_config('transaction_read_only', 'off', true)",
    "select set_config('role', 'postgres', false)",
    "select pg_catalog . set_config ('statement_timeout', '0', false)",
    "select \"set_config\"('statement_timeout', '0', false)",
    "select \"pg_catalog\".\"set_config\"('statement_timeout', '0', false)",
    "select SET_CONFIG /* hidden */ ('statement_timeout', '0', false)",
    "select set_config -- hidden\n ('statement_timeout', '0', false)",
    "select U&\"set\\005fconfig\"('statement_timeout', '0', false)",
    // beyond the transaction
    "select nextval('s')",
    "select setval('s', 100)",
    "select pg_notify('channel', 'x')",
    "notify channel, 'x'",
    "listen channel",
    "select pg_advisory_lock(1)",
    "select pg_try_advisory_lock(1)",
    "select pg_advisory_xact_lock(1)",
    "select E'a'\n'\\' , ' || pg_advisory_lock(1)::text --'",
    "select pg_advisory_unlock_all()",
    "select pg_terminate_backend(pid) from pg_stat_activity",
    "select pg_cancel_backend(pid) from pg_stat_activity",
    "select * from pg_terminate_backend(1)",
    "select pg_logical_emit_message(false, 'a', 'b')",
    "select pg_create_restore_point('x')",
    "select pg_switch_wal()",
    "select pg_reload_conf()",
    "select pg_rotate_logfile()",
    "select pg_promote()",
    "select pg_export_snapshot()",
    "select pg_stat_reset()",
    "select pg_backup_start('x')",
    "select pg_create_physical_replication_slot('x')",
    "select pg_create_logical_replication_slot('x', 'pgoutput')",
    "select pg_drop_replication_slot('x')",
    "select pg_log_backend_memory_contexts(1)",
    // files and programs of the server
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '/tmp/made')",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'x')",
    "select lo_unlink(1)",
    "select pg_read_file('/etc/passwd')",
    "select pg_read_binary_file('/etc/passwd')",
    "select pg_stat_file('/etc/passwd')",
    "select pg_ls_dir('/')",
    "select pg_ls_logdir()",
    "load 'plperl'",
    "create extension dblink",
    "select * from dblink('host=localhost', 'select 1') as t(a int)",
    "select dblink_exec('host=localhost', 'insert into t values (2)')",
    // SQL in a text
    "select query_to_xml('insert into t values (2)', true, true, '')",
    "select query_to_xml('select pg_terminate_backend(1)', true, true, '')",
    "select cursor_to_xml('c', 1, true, true, '')",
    "select * from ts_stat('select pg_terminate_backend(1)')",
    // of the machinery
    "vacuum",
    "analyze t",
    "reindex table t",
    "cluster t",
    "checkpoint",
    "alter system set work_mem = '1GB'",
    "alter role reader superuser",
    "create role made superuser",
    "security label on table t is 'x'",
    "import foreign schema x from server y into public",
  ])("%s", async (sql) => {
    const refused = await folder.call(queryDatabase, { database: "shop", sql });
    expect(refused).toMatchObject({ ok: false, code: expect.stringMatching(/^(not_allowed|invalid_input)$/) });
    const { rows } = await server.admin.query(
      "select (select count(*) from t)::int t, (select count(*) from audit)::int audit, (select last_value from s)::int s, (select count(*) from pg_class where relname = 'made')::int made, (select count(*) from pg_locks where locktype = 'advisory')::int locks",
    );
    expect(rows).toEqual([{ t: 1, audit: 0, s: 1, made: 0, locks: 0 }]);
  });

  test.each([
    "select 'set_config(' as text",
    "select a as pg_notify from t",
    "select $q$ ; insert into t values (2) $q$ as text",
    "select E'it\\'s; ' as text",
    "select /* a /* nested */ comment; */ 1",
    "select lo_get is null from (select 1 as lo_get) x",
    "(select 1) union all (select 2)",
    "explain select * from t",
    "explain analyze verbose (select * from t)",
    "explain (analyze, costs off, format json) with x as (select 1) select * from x",
    "explain (select 1) union (select 2)",
    "show server_version",
    "table t",
    "values (1), (2)",
    "select pg_size_pretty(pg_relation_size('t'))",
  ])("%s is answered", async (sql) => {
    expect(await folder.call(queryDatabase, { database: "shop", sql })).toMatchObject({ ok: true });
  });
});

describe("SQLite: nothing but the database is read, and nothing is written", () => {
  test.each([
    "attach 'b.db' as b",
    "attach '/etc/passwd' as b",
    "detach main",
    "pragma journal_mode = wal",
    "pragma query_only = 0",
    "pragma trusted_schema = 1",
    "pragma writable_schema = 1",
    "pragma database_list",
    "pragma temp_store_directory = '/tmp'",
    "select * from pragma_database_list",
    "select * from pragma_journal_mode('wal')",
    "select * from pragma_query_only(0)",
    "select * from pragma_wal_checkpoint",
    'select * from "pragma_database_list"',
    "select * from [pragma_database_list]",
    "select * from `pragma_database_list`()",
    "vacuum into 'made.db'",
    "reindex",
    "select load_extension('/tmp/x.so')",
    "select \"load_extension\"('/tmp/x.so')",
    "select load_extension /* hidden */ ('/tmp/x.so')",
    "select writefile('made.txt', 'x')",
    "select readfile('/etc/passwd')",
    "select edit('x')",
    "select * from fsdir('/')",
    "select fts3_tokenizer('simple')",
    "select * from sqlite_dbpage",
    "create virtual table v using fts5(x)",
    "create temp table x (a)",
    "create trigger x after insert on t begin select 1; end",
    "insert into t select 1",
    "with x as (select 1) insert into t select * from x",
    "with x as (select 1) delete from t",
    "replace into t values (1)",
    "explain delete from t; delete from t",
    "update sqlite_schema set sql = 'x'",
    "release x",
    "end",
  ])("%s", async (sql) => {
    const before = await readdir(folder.root);
    const refused = await folder.call(queryDatabase, { database: "sqlite:a.db", sql });
    expect(refused).toMatchObject({
      ok: false,
      code: expect.stringMatching(/^(not_allowed|invalid_input|not_found)$/),
    });
    expect(await readdir(folder.root)).toEqual(before);
    const left = await folder.value(queryDatabase, { database: "sqlite:a.db", sql: "select count(*), max(a) from t" });
    expect(left["rows"]).toEqual([[1, 1]]);
  });

  test("a statement that gives no rows is told that only reading ones are run", async () => {
    const sql = "with x as (select 1) delete from t";
    const refused = await folder.call(queryDatabase, { database: "sqlite:a.db", sql });
    expect(refused).toMatchObject({ message: expect.stringMatching(/only statements that read are run/) as string });
  });

  test("a schema that was made to do harm does none", async () => {
    const made = new DatabaseSync(join(folder.root, "trap.db"), { allowExtension: true });
    made.exec(
      "create view v as select load_extension('/tmp/x.so') as x; create view w as select fts3_tokenizer('simple', x'00') as x",
    );
    made.close();
    for (const view of ["v", "w"])
      expect(
        await folder.call(queryDatabase, { database: "sqlite:trap.db", sql: `select * from ${view}` }),
      ).toMatchObject({ ok: false });
  });

  test.each([
    "select * from pragma_table_info('t')",
    "select name, sql from sqlite_schema",
    "explain query plan select * from t",
    "select 'attach ''b.db'' as b' as text",
    'select [a] as "pragma x", `a` from t',
  ])("%s is answered", async (sql) => {
    expect(await folder.call(queryDatabase, { database: "sqlite:a.db", sql })).toMatchObject({ ok: true });
  });
});
