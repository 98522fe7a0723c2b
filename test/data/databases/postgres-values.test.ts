import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/message.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { queryDatabase } from "../../../src/tools/query-database.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { startPostgres, type PostgresServer } from "../../support/postgres.ts";

let server: PostgresServer;
let folder: DataFolder;

beforeAll(async () => {
  server = await startPostgres();
  await server.admin.query("create role berlin login password 'p'; alter role berlin set timezone to 'Europe/Berlin'");
  const berlin = `postgres://berlin:p@127.0.0.1:${server.port}/postgres`;
  folder = await openDataFolder({ urls: { shop: server.url, berlin } });
});

afterAll(async () => {
  await folder.close();
  await server.stop();
});

const value = (sql: string, more: JsonObject = {}) => folder.value(queryDatabase, { database: "shop", sql, ...more });

/** A column of one expression: its type and value in the answer, and the same out of the dataset. */
async function cell(expression: string): Promise<unknown[]> {
  const result = await value(`select ${expression} as x`, { save_as: "cell" });
  const [type] = result["types"] as string[];
  const [[shown]] = result["rows"] as [[unknown]];
  const stored = await folder.value(queryData, { sql: "select * from cell" });
  expect(stored).toMatchObject({ types: [type], rows: [[shown]] });
  return [type, shown];
}

describe("values", () => {
  test.each([
    ["1::int2", "SMALLINT", 1],
    ["-5::int4", "INTEGER", -5],
    ["9223372036854775807::int8", "BIGINT", "9223372036854775807"],
    ["4294967295::oid", "UINTEGER", 4_294_967_295],
    ["0.1::float4", "FLOAT", 0.1],
    ["1e-300::float8", "DOUBLE", 1e-300],
    ["'NaN'::float8", "DOUBLE", "NaN"],
    ["'-Infinity'::float4", "FLOAT", "-Infinity"],
    ["12.50::numeric(10,2)", "DECIMAL(10,2)", "12.50"],
    ["0.1::numeric", "DECIMAL(18,1)", "0.1"],
    ["12345678901234567890.123::numeric", "DECIMAL(38,3)", "12345678901234567890.123"],
    ["1e40::numeric", "VARCHAR", `1${"0".repeat(40)}`],
    ["'NaN'::numeric(10,2)", "VARCHAR", "NaN"],
    ["true", "BOOLEAN", true],
    ["'x'::char(3)", "VARCHAR", "x  "],
    ["E'line\\nbreak \"quote\" \\\\ ü 😀'", "VARCHAR", 'line\nbreak "quote" \\ ü 😀'],
    [String.raw`'\xdeadbeef00'::bytea`, "BLOB", String.raw`\xDE\xAD\xBE\xEF\x00`],
    ["'7f5a3c1e-0000-4000-8000-000000000001'::uuid", "UUID", "7f5a3c1e-0000-4000-8000-000000000001"],
    ["'2024-02-29'::date", "DATE", "2024-02-29"],
    ["'infinity'::date", "VARCHAR", "infinity"],
    ["'0044-03-15 BC'::date", "VARCHAR", "0044-03-15 BC"],
    ["'2024-02-29 12:00:00.123456'::timestamp", "TIMESTAMP", "2024-02-29T12:00:00.123456"],
    ["'-infinity'::timestamp", "VARCHAR", "-infinity"],
    ["'2024-07-01 12:00:00.5+02'::timestamptz", "TIMESTAMP WITH TIME ZONE", "2024-07-01T10:00:00.5Z"],
    ["'12:34:56.5'::time", "TIME", "12:34:56.5"],
    ["'12:34:56+02'::timetz", "VARCHAR", "12:34:56+02"],
    ["'1 year 2 days 03:04:05'::interval", "VARCHAR", "1 year 2 days 03:04:05"],
    [`'{"a": [1, null]}'::jsonb`, "JSON", { a: [1, null] }],
    [`'{"a":12345678901234567890}'::jsonb`, "VARCHAR", '{"a": 12345678901234567890}'],
    ["'{1,NULL,3}'::int[]", "INTEGER[]", [1, null, 3]],
    [`array['a,b', 'c"d', null, 'NULL', '', '\\']`, "VARCHAR[]", ["a,b", 'c"d', null, "NULL", "", "\\"]],
    [
      "array[[1,2],[3,4]]",
      "INTEGER[][]",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["'[0:1]={5,6}'::int[]", "INTEGER[]", [5, 6]],
    ["'10.0.0.1/8'::inet", "VARCHAR", "10.0.0.1/8"],
    ["row(1, 'a')", "VARCHAR", "(1,a)"],
    ["'[1,5)'::int4range", "VARCHAR", "[1,5)"],
    ["null", "VARCHAR", null],
  ])("%s is %s", async (expression, type, shown) => {
    expect(await cell(expression)).toEqual([type, shown]);
  });

  test("decimals without a declared scale get one that holds them all", async () => {
    const result = await value("select d, array[d] as a from (values (1.5), (22.25)) t(d)", { save_as: "decimals" });
    expect(result).toMatchObject({
      types: ["DECIMAL(18,2)", "DECIMAL(18,2)[]"],
      rows: [
        ["1.5", ["1.5"]],
        ["22.25", ["22.25"]],
      ],
    });
    expect(await folder.value(queryData, { sql: "select sum(d), sum(a[1]) from decimals" })).toMatchObject({
      rows: [["23.75", "23.75"]],
    });
  });

  test("a column that does not fit its type somewhere is text, every value as it was", async () => {
    const result = await value("select d from (values ('2024-01-01'::date), ('infinity')) t(d)", { save_as: "mixed" });
    expect(result).toMatchObject({ types: ["VARCHAR"], rows: [["2024-01-01"], ["infinity"]] });
    expect(await folder.value(queryData, { sql: "from mixed" })).toMatchObject({ rows: result["rows"] });
  });

  test("JSON nested so deep that readers give up is text", async () => {
    const result = await value("select (repeat('[', 5000) || repeat(']', 5000))::json as j", { save_as: "deep" });
    expect(result).toMatchObject({ types: ["VARCHAR"] });
    expect(await folder.value(queryData, { sql: "select length(j) from deep" })).toMatchObject({ rows: [[10_000]] });
  });

  test("times in lists are told as elsewhere", async () => {
    expect(await value("select array['2024-01-01 10:00'::timestamp] as a")).toMatchObject({
      types: ["TIMESTAMP[]"],
      rows: [[["2024-01-01T10:00:00"]]],
    });
  });

  test("days are those of the role's time zone, moments are told in UTC", async () => {
    const sql = "select date_trunc('day', '2024-06-30 23:30:00Z'::timestamptz) as day";
    expect(await value(sql, { database: "berlin" })).toMatchObject({ rows: [["2024-06-30T22:00:00Z"]] });
  });
});
