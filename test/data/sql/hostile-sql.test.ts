import { access, link, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

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

/** One a line; each must be refused. `OUT` stands for a folder outside the root, `ROOT` for the root, `\n` for a line end. */
const listed = await readFile(new URL("../../fixtures/hostile-statements.sql", import.meta.url), "utf8");
const statements = [
  ...listed.split("\n").filter((line) => line !== ""),
  "",
  'select * from "t.csv\0.csv"',
  "\ufeff select * from duckdb_settings()",
  "select * from\u00a0duckdb_settings()",
  "select *\u2003from\u3000duckdb_settings\u2009()",
  `select * from ${"(".repeat(500)}from duckdb_settings()${")".repeat(500)}`,
];

test.each(statements)("refuses %s", async (statement) => {
  const sql = statement.replaceAll("OUT", outside.root).replaceAll("ROOT", folder.root).replaceAll("\\n", "\n");
  const result = await folder.call(queryData, { sql });
  expect(result.ok).toBe(false);
  if (result.ok) return;
  expect(["not_allowed", "not_found", "invalid_input", "unreadable"]).toContain(result.code);
  expect(result.message).not.toContain(secret);
  // what the statement names itself may be told back
  const own = /\/proc\/self\/fd\/\d+/.exec(sql)?.[0] ?? "";
  expect(result.message.replaceAll(own, "")).not.toMatch(/\/proc\/self\/fd\/[1-9]/);
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

test("nothing of one statement is there for the next", async () => {
  await folder.write("gone.csv", "a\n1\n");
  expect(await folder.value(queryData, { sql: "with seen as (from 'gone.csv') from seen" })).toMatchObject({
    rows: [[1]],
  });
  await rm(join(folder.root, "gone.csv"));
  expect(await folder.call(queryData, { sql: "from 'gone.csv'" })).toMatchObject({ ok: false, code: "not_found" });
  expect(await folder.call(queryData, { sql: "from seen" })).toMatchObject({ ok: false, code: "not_found" });
});

test("the next statement works", async () => {
  expect(await folder.value(queryData, { sql: "select b from 't.csv' where a = 2" })).toMatchObject({ rows: [["y"]] });
});
