import { fork } from "node:child_process";
import { once } from "node:events";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/message.ts";
import { queryDatabase } from "../../../src/tools/query-database.ts";
import { isAlive } from "../../support/alive.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { makeSqlite } from "../../support/sqlite-file.ts";

let folder: DataFolder;
let outside: DataFolder;

beforeAll(async () => {
  outside = await openDataFolder();
  makeSqlite(join(outside.root, "shop.db"), "create table t (a); insert into t values (1)");
  folder = await openDataFolder({
    memoryLimitMb: 64,
    urls: { shop: `sqlite:${join(outside.root, "shop.db")}`, gone: "sqlite:/nonexistent/x.db" },
  });
  makeSqlite(join(folder.root, "a.db"), "create table t (a); insert into t values (1)");
});

afterAll(() => Promise.all([folder.close(), outside.close()]));

const ask = (database: string, sql: string, more: JsonObject = {}) =>
  folder.call(queryDatabase, { database, sql, ...more });
const value = (database: string, sql: string, more: JsonObject = {}) =>
  folder.value(queryDatabase, { database, sql, ...more });

describe("which files", () => {
  test("a configured file may lie outside the roots, one that the caller names may not", async () => {
    expect(await value("shop", "select a from t")).toMatchObject({ rows: [[1]] });
    expect(await ask(`sqlite:${join(outside.root, "shop.db")}`, "select 1")).toMatchObject({ code: "not_allowed" });
    await symlink(join(outside.root, "shop.db"), join(folder.root, "link.db"));
    await link(join(outside.root, "shop.db"), join(folder.root, "hard.db"));
    expect(await ask("sqlite:link.db", "select 1")).toMatchObject({ code: "not_allowed" });
    expect(await ask("sqlite:hard.db", "select 1")).toMatchObject({ code: "not_allowed" });
    await rm(join(folder.root, "hard.db"));
  });

  test.each([
    ["sqlite:b.db", "not_found", /did you mean 'a\.db'/],
    ["sqlite:no.csv", "unreadable", /no SQLite database/],
    ["sqlite:empty.db", "unreadable", /no SQLite database/],
    ["sqlite:*.db", "invalid_input", /name one/],
    ["sqlite:.axoner/sessions/s.db", "not_allowed", /private/],
    ["gone", "not_found", /gone does not exist/],
    ["a.db", "not_found", /write sqlite:a\.db/],
    ["nothing", "not_found", /there is shop, gone/],
  ])("%s", async (database, code, message) => {
    await folder.write("no.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n");
    await folder.write("empty.db", "");
    await folder.write(".axoner/sessions/s.db", "");
    await folder.write("second.db", "");
    expect(await ask(database, "select 1")).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("without a configured database it is said how to name one", async () => {
    const failed = await outside.call(queryDatabase, { database: "shop", sql: "select 1" });
    expect(failed).toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/--database NAME=.*sqlite:PATH/),
    });
  });

  test("a name with signs that mean something in a URL is only a name", async () => {
    const name = "a?mode=rwc&x#1%20.db";
    await copyFile(join(folder.root, "a.db"), join(folder.root, name));
    expect(await value(`sqlite:${name}`, "select a from t")).toMatchObject({ rows: [[1]] });
  });

  test("a damaged database is unreadable", async () => {
    const path = join(folder.root, "damaged.db");
    makeSqlite(
      path,
      "create table t (a); with recursive s(n) as (select 1 union all select n + 1 from s limit 5000) insert into t select n from s",
    );
    const handle = await open(path, "r+");
    await handle.write(Buffer.alloc(8_192, 0xff), 0, 8_192, 8_192);
    await handle.close();
    expect(await ask("sqlite:damaged.db", "select sum(a) from t")).toMatchObject({ code: "unreadable" });
  });
});

/** A connection in a process of its own: locks of this one would end when the file is looked at. */
async function openWriter(path: string): Promise<{ exec(sql: string): Promise<void>; close(): Promise<void> }> {
  const child = fork(new URL("../../support/sqlite-writer.ts", import.meta.url), [path], { execArgv: [] });
  await once(child, "message");
  return {
    async exec(sql) {
      child.send(sql);
      await once(child, "message");
    },
    async close() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

/** The names, sizes and contents of what lies in a folder. */
async function picture(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).toSorted();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(path, name))).toString("base64")] as const),
    ),
  );
}

describe("nothing is written beside a database", () => {
  const inside = (name: string) => join(folder.root, name);
  const count = (database: string) => ask(database, "select count(*) as n from t");
  const fill = "create table t (a); insert into t values (1), (2)";

  test.each(["delete", "wal", "persist", "truncate"])("journal mode %s at rest", async (mode) => {
    await mkdir(inside(`rest-${mode}`));
    makeSqlite(inside(`rest-${mode}/x.db`), `pragma journal_mode = ${mode}; ${fill}`);
    const before = await picture(inside(`rest-${mode}`));
    expect(await count(`sqlite:rest-${mode}/x.db`)).toMatchObject({ value: { rows: [[2]] } });
    expect(await picture(inside(`rest-${mode}`))).toEqual(before);
  });

  test("a write-ahead log that a program holds open is read with the database", async () => {
    await mkdir(inside("live"));
    const writer = new DatabaseSync(inside("live/x.db"));
    writer.exec(`pragma journal_mode = wal; ${fill}`);
    writer.exec("begin; insert into t values (3)");
    expect(await count("sqlite:live/x.db")).toMatchObject({ value: { rows: [[2]] } });
    writer.exec("commit");
    expect(await count("sqlite:live/x.db")).toMatchObject({ value: { rows: [[3]] } });
    expect(await readdir(inside("live"))).toEqual(["x.db", "x.db-shm", "x.db-wal"]);
    writer.close();
  });

  test("a write-ahead log without its index, as a copy brings it, is read", async () => {
    await mkdir(inside("copied"));
    const writer = new DatabaseSync(inside("original.db"));
    writer.exec(`pragma journal_mode = wal; ${fill}; insert into t values (3)`);
    await copyFile(inside("original.db"), inside("copied/x.db"));
    await copyFile(inside("original.db-wal"), inside("copied/x.db-wal"));
    writer.close();
    const before = await picture(inside("copied"));
    expect(await count("sqlite:copied/x.db")).toMatchObject({ value: { rows: [[3]] } });
    expect(await picture(inside("copied"))).toEqual(before);
    expect(await readdir(join(folder.workspace, "tmp"))).toEqual([]);
  });

  test("a transaction of another program is not seen before its end, and a lock is waited for a while", async () => {
    await mkdir(inside("locked"));
    makeSqlite(inside("locked/x.db"), fill);
    const writer = await openWriter(inside("locked/x.db"));
    await writer.exec("begin immediate; insert into t values (3)");
    expect(await count("sqlite:locked/x.db")).toMatchObject({ value: { rows: [[2]] } });
    await writer.exec("commit; begin exclusive");
    expect(await count("sqlite:locked/x.db")).toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/try again/),
    });
    await writer.exec("rollback");
    expect(await count("sqlite:locked/x.db")).toMatchObject({ value: { rows: [[3]] } });
    await writer.close();
  });

  test("a journal that a crash left is told, and left for its program to roll back", async () => {
    await mkdir(inside("hot"));
    makeSqlite(inside("hot/x.db"), `pragma page_size = 512; ${fill}`);
    const writer = new DatabaseSync(inside("hot/x.db"));
    writer.exec(
      "pragma cache_size = 1; begin; with recursive s(n) as (select 1 union all select n + 1 from s limit 20000) insert into t select n from s",
    );
    await copyFile(inside("hot/x.db"), inside("hot/y.db"));
    await copyFile(inside("hot/x.db-journal"), inside("hot/y.db-journal"));
    writer.exec("rollback");
    writer.close();
    const before = await picture(inside("hot"));
    expect(await count("sqlite:hot/y.db")).toMatchObject({
      code: "unreadable",
      message: expect.stringMatching(/crashed.*sqlite3/),
    });
    expect(await picture(inside("hot"))).toEqual(before);
  });

  test("a database at rest that is written meanwhile is no answer", async () => {
    await mkdir(inside("changing"));
    makeSqlite(inside("changing/x.db"), `pragma journal_mode = wal; ${fill}`);
    const many =
      "with recursive s(n) as (select 1 union all select n + 1 from s limit 300000) select n, a from s, (select max(a) as a from t)";
    const before = await readdir(join(folder.workspace, "tmp")).catch(() => []);
    const running = ask("sqlite:changing/x.db", many);
    await expect
      .poll(() => readdir(join(folder.workspace, "tmp")), { timeout: 10_000, interval: 5 })
      .not.toEqual(before);
    makeSqlite(inside("changing/x.db"), "insert into t values (3); pragma wal_checkpoint(truncate)");
    expect(await running).toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/wrote it while it was read/),
    });
    expect(await count("sqlite:changing/x.db")).toMatchObject({ value: { rows: [[3]] } });
  });
});

test("virtual tables for text and space can be read", async () => {
  makeSqlite(
    join(folder.root, "virtual.db"),
    "create virtual table f using fts5(x); insert into f values ('hello world'); create virtual table r using rtree(id, a, b); insert into r values (1, 2, 3); create virtual table g using fts4(y); insert into g values ('old text')",
  );
  expect(await value("sqlite:virtual.db", "select x from f where f match 'world'")).toMatchObject({
    rows: [["hello world"]],
  });
  expect(await value("sqlite:virtual.db", "select id, a from r where a < 5")).toMatchObject({ rows: [[1, 2]] });
  expect(await value("sqlite:virtual.db", "select y from g where y match 'text'")).toMatchObject({
    rows: [["old text"]],
  });
});

test.each([
  "with recursive s(x) as (select zeroblob(100000000) union all select x from s) select count(*) from (select x from s order by x)",
  "with recursive s(n, x) as (select 1, 'x' union all select n + 1, x || x from s) select max(length(x)) from s",
  "select group_concat(hex(randomblob(1000))) from (with recursive s(n) as (select 1 union all select n + 1 from s limit 2000000) select n from s)",
])("a statement that takes too much memory is stopped: %s", async (sql) => {
  expect(await ask("sqlite:a.db", sql)).toMatchObject({ code: "too_large" });
  expect(await value("sqlite:a.db", "select a from t")).toMatchObject({ rows: [[1]] });
});

test("the process ends with its parent, whatever it runs", async () => {
  const endless = "with recursive s(n) as (select 1 union all select n + 1 from s) select max(n) from s";
  const args = [folder.root, "sqlite:a.db", endless];
  const parent = fork(new URL("../../support/database-parent.ts", import.meta.url), args, { execArgv: [] });
  const [{ pid }] = (await once(parent, "message")) as [{ pid: number }];
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
});

test("a file that is swapped for another while it is opened is not read", async () => {
  makeSqlite(join(folder.root, "swap.db"), "create table t (a); insert into t values ('inside')");
  const stolen = join(outside.root, "stolen.db");
  makeSqlite(stolen, "create table t (a); insert into t values ('secret')");
  const path = join(folder.root, "swap.db");
  for (let round = 0; round < 10; round++) {
    const asked = ask("sqlite:swap.db", "select a from t");
    await new Promise((resolve) => setTimeout(resolve, round * 3));
    await rename(path, `${path}.kept`);
    await symlink(stolen, path);
    expect(JSON.stringify(await asked)).not.toContain("secret");
    await rm(path);
    await rename(`${path}.kept`, path);
  }
});
