import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/message.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { queryDatabase } from "../../../src/tools/query-database.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { makeSqlite } from "../../support/sqlite-file.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  makeSqlite(join(folder.root, "a.db"), "create table t (a); insert into t values (1)");
});

afterAll(() => folder.close());

const ask = (database: string, sql: string, more: JsonObject = {}) =>
  folder.call(queryDatabase, { database, sql, ...more });
const value = (database: string, sql: string, more: JsonObject = {}) =>
  folder.value(queryDatabase, { database, sql, ...more });

describe("values", () => {
  test.each([
    ["1", "BIGINT", 1],
    ["9223372036854775807", "BIGINT", "9223372036854775807"],
    ["1.5", "DOUBLE", 1.5],
    ["2.0", "DOUBLE", 2],
    ["9e999", "DOUBLE", "Infinity"],
    ["'x'", "VARCHAR", "x"],
    ["'1'", "VARCHAR", "1"],
    ["x'dead00'", "BLOB", String.raw`\xDE\xAD\x00`],
    ["zeroblob(0)", "BLOB", ""],
    ["null", "VARCHAR", null],
    ["'line' || char(10) || 'break \"ü\" 😀'", "VARCHAR", 'line\nbreak "ü" 😀'],
  ])("%s is %s", async (expression, type, shown) => {
    const result = await value("sqlite:a.db", `select ${expression} as x`, { save_as: "cell" });
    expect(result).toMatchObject({ types: [type], rows: [[shown]] });
    expect(await folder.value(queryData, { sql: "select * from cell" })).toMatchObject({
      types: [type],
      rows: [[shown]],
    });
  });

  test.each([
    ["(1), (2.5)", "any", "DOUBLE", [1, 2.5]],
    ["(1), ('x'), (2.0)", "blob", "VARCHAR", ["1", "x", "2.0"]],
    ["(9007199254740993), (0.5)", "any", "VARCHAR", ["9007199254740993", "0.5"]],
    ["('2024-02-29'), (null)", "date", "DATE", ["2024-02-29", null]],
    ["('2024-02-29'), ('2023-02-29')", "date", "VARCHAR", ["2024-02-29", "2023-02-29"]],
    ["('2024-02-29'), (17)", "date", "VARCHAR", ["2024-02-29", "17"]],
    ["('2024-02-29 10:11:12.5')", "datetime", "TIMESTAMP", ["2024-02-29T10:11:12.5"]],
    ["('2024-02-29 10:11:12'), ('2024-02-29')", "datetime", "VARCHAR", ["2024-02-29 10:11:12", "2024-02-29"]],
    ["(1), (0)", "boolean", "BIGINT", [1, 0]],
  ])("a column of %s, declared %s, is %s", async (values, declared, type, shown) => {
    await rm(join(folder.root, "typed.db"), { force: true });
    makeSqlite(join(folder.root, "typed.db"), `create table t (x ${declared}); insert into t values ${values}`);
    const result = await value("sqlite:typed.db", "select x from t", { save_as: "typed" });
    expect(result).toMatchObject({ types: [type], rows: shown.map((cell) => [cell]) });
    const stored = await folder.value(queryData, { sql: "select * from typed" });
    expect(stored).toMatchObject({ types: [type], rows: shown.map((cell) => [cell]) });
  });

  test("columns without a value have the type they are declared with", async () => {
    makeSqlite(join(folder.root, "none.db"), "create table t (i int, s varchar(9), d date, r real, b blob)");
    expect(await value("sqlite:none.db", "select * from t")).toMatchObject({
      types: ["BIGINT", "VARCHAR", "DATE", "DOUBLE", "BLOB"],
    });
  });

  test("? is bound by place, $1 and ?1 by number", async () => {
    expect(await value("sqlite:a.db", "select ?, ?", { params: ["x", "y"] })).toMatchObject({ rows: [["x", "y"]] });
    expect(await value("sqlite:a.db", "select $2, $1, $2", { params: ["x", "y"] })).toMatchObject({
      rows: [["y", "x", "y"]],
    });
    expect(await value("sqlite:a.db", "select ?2, ?1", { params: ["x", "y"] })).toMatchObject({ rows: [["y", "x"]] });
    expect(await ask("sqlite:a.db", "select $1, ?1", { params: ["x"] })).toMatchObject({ code: "invalid_input" });
  });
});
