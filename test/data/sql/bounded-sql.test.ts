import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ToolError } from "../../../src/errors.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder({ memoryLimitMb: 128, diskLimitMb: 20 });
  await folder.write("t.csv", `a,b\n${"1,x\n".repeat(500_000)}`);
});

afterAll(async () => {
  await folder.close();
});

async function run(sql: string, timeoutMs: number) {
  return await folder.sql.query({ sql, limit: 5, origin: {} }, { signal: new AbortController().signal, timeoutMs });
}

const nested = (open: string, close: string, depth: number) => `select ${open.repeat(depth)}1${close.repeat(depth)}`;

test.each([
  ["invalid_input", nested("(", ")", 10_000)],
  ["invalid_input", nested("[", "]", 2_000)],
  ["invalid_input", nested("not ", "", 10_000)],
  ["invalid_input", nested("1 + ", "", 5_000)],
  ["invalid_input", nested("case when true then ", " end", 2_000)],
  ["invalid_input", `select * from ${"(select * from ".repeat(2_000)}range(1)${")".repeat(2_000)}`],
  ["invalid_input", "select repeat(repeat('x', 100000), 100000)"],
  ["invalid_input", "select range(10000000000)"],
  ["invalid_input", "select regexp_matches('x', '((((a{100}){100}){100}){100})')"],
  ["too_large", "select printf('%2000000000d', 1)"],
  ["too_large", "select list_sum(range(1000000000))"],
  ["too_large", "select * from range(1000000000000000)"],
  ["too_large", "with recursive r(n) as (select 1 union all select n + 1 from r, range(1000)) select max(n) from r"],
  ["unreadable", "select repeat('[', 1000000)::json"],
  ["timeout", "select sum(hash(range)) from range(1000000000000000)"],
  ["timeout", "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r"],
  ["timeout", "select sleep_ms(100000)"],
])("ends with %s: %s", async (code, sql) => {
  const timeoutMs = code === "timeout" ? 500 : 60_000;
  const running = run(sql, timeoutMs);
  await expect(running).rejects.toSatisfy((thrown) => thrown instanceof ToolError && thrown.code === code);
});

test("the next statement finds everything as it was", async () => {
  await expect.poll(() => readdir(join(folder.workspace, "tmp"))).toEqual([]);
  const answer = await run("select count(*), sum(a) from 't.csv'", 60_000);
  expect(answer.rows).toEqual([[500_000, 500_000]]);
});
