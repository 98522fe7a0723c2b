import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DatabaseAnswer } from "../../src/data/databases.ts";
import type { JsonObject } from "../../src/message.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { queryDatabase } from "../../src/tools/query-database.ts";
import type { DataFolder } from "../support/data-folder.ts";

/** A database with a table `people(id, name, born)` of Ada, Alan and Grace, and how to ask it for more. */
export interface TestDatabase {
  folder: DataFolder;
  /** How the tool is told of it. */
  database: string;
  /** A statement with the numbers from 1 to `count` in the column n, and a text of `chars` in the column t. */
  series(count: number, chars: number): string;
  /** A statement that does not end. */
  endless: string;
  close(): Promise<void>;
}

export type OpenTestDatabase = (limits?: { diskLimitMb?: number }) => Promise<TestDatabase>;

/** What every kind of database does. */
export function describeDatabase(name: string, open: OpenTestDatabase): void {
  describe(`${name} as a database`, () => {
    let given: TestDatabase;
    beforeAll(async () => {
      given = await open();
    });
    afterAll(() => given.close());

    const ask = (sql: string, more: JsonObject = {}) =>
      given.folder.call(queryDatabase, { database: given.database, sql, ...more });
    const value = (sql: string, more: JsonObject = {}) =>
      given.folder.value(queryDatabase, { database: given.database, sql, ...more });
    const datasets = () => readdir(join(given.folder.workspace, "datasets")).catch(() => []);
    const temporaryFiles = () => readdir(join(given.folder.workspace, "tmp")).catch(() => []);

    test("shows rows beside columns and types", async () => {
      expect(await value("select id, name from people order by id")).toEqual({
        status: "done",
        columns: ["id", "name"],
        types: [expect.stringMatching(/INTEGER|BIGINT/) as string, "VARCHAR"],
        rows: [
          [1, "Ada"],
          [2, "Alan"],
          [3, "Grace"],
        ],
        row_count: 3,
        truncated: false,
        elapsed_ms: expect.any(Number) as number,
      });
      expect(await temporaryFiles()).toEqual([]);
    });

    test("a value in params is a value, whatever it holds", async () => {
      expect(await value("select name from people where id = $1", { params: ["2"] })).toMatchObject({
        rows: [["Alan"]],
      });
      const injected = await value("select name from people where name = $1 or name = $2", {
        params: ["x' or '1'='1", "Ada"],
      });
      expect(injected).toMatchObject({ rows: [["Ada"]] });
    });

    test.each([
      ["select $1", []],
      ["select $2", ["a"]],
      ["select 1", ["a"]],
      ["select :name", ["a"]],
    ])("%s with %j: what does not fit is said", async (sql, params) => {
      expect(await ask(sql, { params })).toMatchObject({ ok: false, code: "invalid_input" });
    });

    test("a large result is a dataset with every row, and its sidecar says where it is from", async () => {
      const result = await value(given.series(20_000, 10), { limit: 3 });
      expect(result).toMatchObject({ row_count: 20_000, truncated: true, dataset_format: "jsonl" });
      expect(result["rows"]).toHaveLength(3);
      const id = String(result["dataset"]);
      const sum = await given.folder.value(queryData, { sql: `select count(*), sum(n), min(length(t)) from ${id}` });
      expect(sum["rows"]).toEqual([[20_000, 200_010_000, 10]]);
      const sidecar = await readFile(join(given.folder.workspace, "datasets", `${id}.json`), "utf8");
      expect(JSON.parse(sidecar)).toMatchObject({
        rowCount: 20_000,
        origin: { tool: "query_database", database: given.database, sql: given.series(20_000, 10), params: 0 },
      });
      expect(sidecar).not.toMatch(/postgres:\/\/|password/);
    });

    test("a small result is kept when it is given a name, and can be joined with a file", async () => {
      await value("select id, name from people", { save_as: "persons" });
      await given.folder.write("visits.csv", "person,pages\n1,10\n3,5\n1,2\n");
      const joined =
        "select name, sum(pages) from persons join 'visits.csv' on person = id group by name order by name";
      expect(await given.folder.value(queryData, { sql: joined })).toMatchObject({
        rows: [
          ["Ada", 12],
          ["Grace", 5],
        ],
      });
      expect(await ask("select 1", { save_as: "no good" })).toMatchObject({ ok: false, code: "invalid_input" });
    });

    test("a long text is cut in the answer and whole in the dataset", async () => {
      const result = await value(given.series(2, 100_000));
      expect(result).toMatchObject({ row_count: 2, truncated: true });
      expect(JSON.stringify(result).length).toBeLessThan(50_000);
      const sql = `select max(length(t)) from ${String(result["dataset"])}`;
      expect(await given.folder.value(queryData, { sql })).toMatchObject({ rows: [[100_000]] });
    });

    test("columns of one name are told apart, and no row is an answer too", async () => {
      expect(await value("select id, id, name as id from people where id = 1")).toMatchObject({
        columns: ["id", "id_1", "id_2"],
        rows: [[1, 1, "Ada"]],
      });
      expect(await value("select id, name from people where 1 = 0")).toMatchObject({ rows: [], row_count: 0 });
    });

    test("integers beyond 2^53 keep their digits, in the answer and in the dataset", async () => {
      const sql = "select 9007199254740993 as a, -9223372036854775807 as b, 42 as c";
      const result = await value(sql, { save_as: "long" });
      expect(result["rows"]).toEqual([["9007199254740993", "-9223372036854775807", 42]]);
      expect((await given.folder.value(queryData, { sql: "select * from long" }))["rows"]).toEqual(result["rows"]);
    });

    test("a misspelt table or column brings the nearest names", async () => {
      expect(await ask("select * from poeple")).toMatchObject({
        code: "not_found",
        message: expect.stringMatching(/poeple.*did you mean people/) as string,
      });
      expect(await ask("select borm from people")).toMatchObject({
        code: "invalid_input",
        message: expect.stringMatching(/borm.*born/) as string,
      });
    });

    test.each([
      [" ", "invalid_input"],
      [" ; ", "invalid_input"],
      ["-- select 1", "invalid_input"],
      ["select 1; select 2", "invalid_input"],
      ["select 1; drop table people", "invalid_input"],
      ["select 'a;b", "invalid_input"],
      ["select \0 1", "invalid_input"],
      ["selec 1", "not_allowed"],
      ["select 1 +", "invalid_input"],
      ["insert into people (id) values (9)", "not_allowed"],
      ["update people set name = 'x'", "not_allowed"],
      ["delete from people", "not_allowed"],
      ["drop table people", "not_allowed"],
      ["create table t (a int)", "not_allowed"],
      ["alter table people add column x int", "not_allowed"],
      ["/* select */ delete from people", "not_allowed"],
      ["vacuum", "not_allowed"],
      ["analyze", "not_allowed"],
      ["begin", "not_allowed"],
      ["commit", "not_allowed"],
      ["rollback", "not_allowed"],
      ["savepoint a", "not_allowed"],
    ])("%j is refused", async (sql, code) => {
      expect(await ask(sql)).toMatchObject({ ok: false, code });
      expect(await value("select count(*) from people")).toMatchObject({ rows: [[3]] });
    });

    test("what looks like more statements inside a text, a name or a comment is none", async () => {
      const sql = "/* ; */ select 'a; drop table people' as \"x;y\" -- ; drop\n ;";
      expect(await value(sql)).toMatchObject({ columns: ["x;y"], rows: [["a; drop table people"]] });
    });

    test("an abort stops an endless statement within a second", async () => {
      const stop = new AbortController();
      const running = query(given, given.endless, stop.signal);
      running.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 300));
      stop.abort(new Error("stopped by the user"));
      await expect(running).rejects.toThrow("stopped by the user");
      expect(await value("select 1 as a")).toMatchObject({ rows: [[1]] });
    });

    test("a statement that takes too long is stopped", async () => {
      const running = query(given, given.endless, new AbortController().signal, 500);
      await expect(running).rejects.toMatchObject({ code: "timeout" });
    });

    test("a statement that is stopped in the middle of its rows leaves nothing", async () => {
      const before = await datasets();
      const stop = new AbortController();
      const running = query(given, given.series(100_000_000, 50), stop.signal);
      running.catch(() => undefined);
      await expect.poll(temporaryFiles, { timeout: 10_000 }).not.toEqual([]);
      stop.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      await expect.poll(temporaryFiles).toEqual([]);
      expect(await datasets()).toEqual(before);
    });

    test("a result that takes more disk than it may is too large, and leaves nothing", async () => {
      const small = await open({ diskLimitMb: 2 });
      try {
        const failed = await small.folder.call(queryDatabase, {
          database: small.database,
          sql: small.series(10_000_000, 50),
        });
        expect(failed).toMatchObject({ code: "too_large", message: expect.stringMatching(/more than 2 MB/) as string });
        expect(await readdir(join(small.folder.workspace, "tmp"))).toEqual([]);
      } finally {
        await small.close();
      }
    });

    test("where nothing can be written, a large result is shown and said not to be kept", async () => {
      const other = await open();
      try {
        const { folder, database } = other;
        await rm(folder.workspace, { recursive: true, force: true });
        await writeFile(folder.workspace, "in the way");
        const result = await folder.value(queryDatabase, { database, sql: other.series(5_000, 10), limit: 2 });
        expect(result).toMatchObject({ row_count: 5_000, truncated: true });
        expect(result["notes"]).toEqual([expect.stringMatching(/not kept/)]);
        const named = await folder.call(queryDatabase, { database, sql: "select 1", save_as: "kept" });
        expect(named).toMatchObject({ ok: false, code: "unavailable" });
      } finally {
        await other.close();
      }
    });

    test("statements run beside each other, and more wait for their turn", async () => {
      const answers = await Promise.all(Array.from({ length: 7 }, (_, index) => value(`select ${index} as n`)));
      expect(answers.map(({ rows }) => rows)).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => [[n]]));
    });

    test("closing ends what runs", async () => {
      const other = await open();
      const running = query(other, other.endless, new AbortController().signal);
      running.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await other.close();
      await expect(running).rejects.toMatchObject({ code: "cancelled" });
    });
  });
}

async function query(
  { folder, database }: TestDatabase,
  sql: string,
  signal: AbortSignal,
  timeoutMs = 60_000,
): Promise<DatabaseAnswer> {
  const request = { database, sql, params: [], limit: 5, keep: () => false, origin: {} };
  return await folder.databases.query(request, { signal, timeoutMs });
}
