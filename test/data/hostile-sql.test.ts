import { access, link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

const secret = "the-secret-word";
let folder: DataFolder;
let outside: DataFolder;

beforeAll(async () => {
  [folder, outside] = await Promise.all([openDataFolder(), openDataFolder()]);
  const stolen = await outside.write("secret.csv", `a,b\n1,${secret}\n`);
  await folder.write("t.csv", "a,b\n1,x\n2,y\n");
  await folder.write("axoner.json", `[{"key":"${secret}"}]`);
  await folder.write(".axoner/sessions/s.jsonl", `{"text":"${secret}"}\n`);
  await folder.write(".axoner/jobs/j.json", `{"text":"${secret}"}`);
  await folder.write(".axoner/cache/c.csv", `a\n${secret}\n`);
  await folder.write(".axoner/tmp/x.csv", `a\n${secret}\n`);
  await symlink(stolen, join(folder.root, "link.csv"));
  await symlink(outside.root, join(folder.root, "linked"));
  await link(stolen, join(folder.root, "hard.csv"));
  await mkdir(join(folder.root, "folder.csv"));
});

afterAll(async () => {
  await Promise.all([folder.close(), outside.close()]);
});

/** Each must be refused; `OUT` stands for a folder outside the root, `ROOT` for the root. */
const statements = [
  "select * from read_text('OUT/secret.csv')",
  "select * from read_text('t.csv')",
  "select * from read_blob('/etc/passwd')",
  "select * from glob('/*')",
  "select * from glob('**')",
  "select * from 'OUT/secret.csv'",
  "select * from '/etc/passwd'",
  "select * from '../../../../../../etc/passwd'",
  "select * from 'sub/../../secret.csv'",
  "select * from 'ROOT/../secret.csv'",
  "select * from 'link.csv'",
  "select * from 'linked/secret.csv'",
  "select * from 'linked/*.csv'",
  "select * from 'hard.csv'",
  "select * from 'folder.csv'",
  "select * from '/proc/self/environ'",
  "select * from '/proc/self/fd/0'",
  "select * from '/dev/zero'",
  "select * from 'axoner.json'",
  "select * from '.axoner/sessions/s.jsonl'",
  "select * from '.axoner/sessions/*.jsonl'",
  "select * from '.axoner/jobs/j.json'",
  "select * from '.axoner/cache/c.csv'",
  "select * from '.axoner/tmp/x.csv'",
  "select * from '.axoner/datasets/../sessions/s.jsonl'",
  "select * from read_csv('OUT/secret.csv')",
  "select * from read_csv(['OUT/secret.csv'])",
  "select * from read_csv('t' || '.csv')",
  "select * from read_csv('t.csv', files_to_sniff=1)",
  "select * from read_csv_auto('/etc/passwd')",
  "select * from read_json('axoner.json')",
  "select * from read_ndjson('.axoner/sessions/s.jsonl')",
  "select * from read_parquet('OUT/*.parquet')",
  "select * from parquet_metadata('t.csv')",
  "select * from sniff_csv('OUT/secret.csv')",
  "select * from t1, lateral (select * from read_text('OUT/secret.csv'))",
  "with x as (select * from read_text('OUT/secret.csv')) select * from x",
  "with x as (select * from 'OUT/secret.csv') select * from 't.csv'",
  "select (select content from read_text('OUT/secret.csv'))",
  "select * from 't.csv' where a in (select a from 'OUT/secret.csv')",
  "select list(select b from 'OUT/secret.csv')",
  "select * from query('select * from read_text(''OUT/secret.csv'')')",
  "select * from query_table('OUT/secret.csv')",
  "select * from json_execute_serialized_sql('{}')",
  "select json_serialize_plan('select * from read_text(''/etc/passwd'')')",
  "copy (select 1) to 'ROOT/made.csv'",
  "copy 't.csv' to 'ROOT/made.csv'",
  "select 1) to 'ROOT/made.csv' (format csv); --",
  "create table made as select 1",
  "create view v as select 1",
  "insert into x values (1)",
  "attach 'ROOT/made.csv' as db",
  "attach 'sqlite:OUT/x.db'",
  "install httpfs",
  "load httpfs",
  "install spatial from community",
  "set enable_external_access = true",
  "set lock_configuration = false",
  "reset enable_external_access",
  "pragma enable_profiling",
  "pragma database_list",
  "call enable_logging(storage = 'file', storage_path = 'ROOT/made.csv')",
  "select * from enable_logging(storage = 'file', storage_path = 'ROOT/made.csv')",
  "select * from checkpoint()",
  "select * from force_checkpoint()",
  "select * from duckdb_settings()",
  "select * from duckdb_secrets()",
  "select * from which_secret('s3://x', 's3')",
  "select current_setting('temp_directory')",
  "select main.current_setting('allowed_paths')",
  "select current_query()",
  "select system.main.current_query()",
  "select pg_get_viewdef(oid) from range(10) t(oid)",
  "select list_transform([1], lambda x: \"CURRENT_SETTING\"('threads'))",
  "select (select count(*) from duckdb_settings())",
  "select [x for x in (select name from duckdb_settings())]",
  "select write_log('x', level := 'error')",
  "select getenv('HOME')",
  "select list_transform(['HOME'], lambda x: getenv(x))",
  "select * from information_schema.tables",
  "select * from pg_catalog.pg_tables",
  "select * from sqlite_master",
  "select * from duckdb_logs",
  "select * from memory.main.t",
  "show tables",
  "show all tables",
  "describe 'OUT/secret.csv'",
  "summarize '/etc/passwd'",
  "export database 'ROOT/made.csv'",
  "import database 'OUT'",
  "explain select 1",
  "explain analyze select * from read_text('OUT/secret.csv')",
  "prepare p as select 1",
  "execute p",
  "begin transaction",
  "use memory",
  "select 1; select 2",
  "select 1; copy (select 1) to 'ROOT/made.csv'",
  "select 1 /* ; */ ; drop table x",
  "select * from 'https://example.com/x.csv'",
  "select * from 's3://bucket/x.parquet'",
  "select * from read_csv('http://169.254.169.254/latest/meta-data')",
  "select * from 'file:///etc/passwd'",
  "select $1",
  "select ?",
  "",
  ";",
  "-- nothing",
  'select * from "t.csv\0.csv"',
  "select * from 't.csv' at (version => 1)",
  "(((((",
];

test.each(statements)("refuses %s", async (statement) => {
  const sql = statement.replaceAll("OUT", outside.root).replaceAll("ROOT", folder.root);
  const result = await folder.call(queryData, { sql });
  expect(result.ok).toBe(false);
  if (result.ok) return;
  expect(["not_allowed", "not_found", "invalid_input", "unreadable"]).toContain(result.code);
  expect(result.message).not.toContain(secret);
  expect(result.message).not.toMatch(/\/proc\/self\/fd\/[1-9]/);
});

/** Spaces of two bytes, which DuckDB counts as one, lead to the call in a comment instead of the real one. */
function misleading(space: string, before: string, after: string): string {
  const hidden = "(select count(*) from duckdb_settings())";
  const body = `--read_csv('\nselect '' , $$ '' , ${hidden} /* $$\n--')\n from `;
  const spaces = Math.ceil((body.length - 2) / (Buffer.byteLength(space) - 1));
  return `${before}${space.repeat(spaces)}${after}${body}read_csv('t.csv')\n--*/`;
}

test.each([
  misleading("\u00a0", "", ""),
  misleading("\u3000", "", ""),
  misleading("\u00a0", "/* ' */ ", " "),
  misleading("\u00a0", "/* ' */ /* ", " */ "),
  misleading("\u00a0", "/* /* */ ' */ ", " "),
])("runs no other text than the one it has checked: %j", async (sql) => {
  const result = await folder.call(queryData, { sql });
  expect(JSON.stringify(result)).not.toMatch(/count_star|"rows":\[\[[^\]]*\d{2}/);
});

test("reads past no-break spaces, and keeps them in texts", async () => {
  const sql = "select\u00a0'a\u00a0b'\u3000as t, b from read_csv('t.csv')\u00a0where a = 2;";
  expect(await folder.value(queryData, { sql })).toMatchObject({ rows: [["a\u00a0b", "y"]] });
});

test("writes nothing for a refused statement", async () => {
  await expect(access(join(folder.root, "made.csv"))).rejects.toThrow("ENOENT");
});

test("a dataset's sidecar that points elsewhere gives nothing away", async () => {
  await mkdir(join(folder.workspace, "datasets"), { recursive: true });
  const sidecar = {
    format: "jsonl",
    columns: [{ name: "b", type: "VARCHAR" }],
    rowCount: 1,
    createdAt: "2026-01-01T00:00:00.000Z",
    origin: {},
  };
  await writeFile(join(folder.workspace, "datasets/ds_0123456789abcdef.json"), JSON.stringify(sidecar));
  await symlink(join(outside.root, "secret.csv"), join(folder.workspace, "datasets/ds_0123456789abcdef.jsonl"));
  const result = await folder.call(queryData, { sql: "select * from ds_0123456789abcdef" });
  expect(result).toMatchObject({ ok: false, code: "not_allowed" });
});

test("the next statement works", async () => {
  expect(await folder.value(queryData, { sql: "select b from 't.csv' where a = 2" })).toMatchObject({ rows: [["y"]] });
});
