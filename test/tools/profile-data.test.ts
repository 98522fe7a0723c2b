import { afterAll, beforeAll, expect, test } from "vitest";
import { profileData } from "../../src/tools/profile-data.ts";
import { queryData } from "../../src/tools/query-data.ts";
import type { JsonObject } from "../../src/message.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

test("counts rows and nulls, and gives range and mean by column", async () => {
  await folder.write("t.csv", "id;name;price;day\n1;x;1,5;2026-01-01\n2;;2,5;2026-01-03\n3;x;;\n");
  const value = await folder.value(profileData, { source: "t.csv" });
  expect(value).toMatchObject({
    row_count: 3,
    encoding: "utf-8",
    dialect: { format: "csv", delimiter: ";", header: true },
    problems: [],
  });
  expect(value["columns"]).toMatchObject([
    { name: "id", type: "BIGINT", nulls: 0, distinct: 3, min: 1, max: 3, mean: 2 },
    { name: "name", type: "VARCHAR", nulls: 1, distinct: 1, min: "x", max: "x" },
    { name: "price", type: "VARCHAR", nulls: 1 },
    { name: "day", type: "DATE", nulls: 1, min: "2026-01-01", max: "2026-01-03" },
  ]);
});

test("a column that comes near a key is none, and estimates are told to be such", async () => {
  const lines = Array.from({ length: 400_000 }, (_, id) => `${id},${id % 392_000},${id % 7}\n`);
  await folder.write("near-key.csv", `key,near,few\n${lines.join("")}`);
  const { columns, notes } = await folder.value(profileData, { source: "near-key.csv" });
  expect(columns).toMatchObject([{ distinct: 400_000, likely_key: true }, { distinct: 392_000 }, {}]);
  expect((columns as JsonObject[])[1]).not.toHaveProperty("likely_key");
  expect(notes).toContainEqual(expect.stringMatching(/^distinct is approximate/));
});

test("gives spread, quantiles, frequent values, lengths, likely keys and the format of dates held as text", async () => {
  const lines = Array.from({ length: 1_000 }, (_, id) => {
    const day = String((id % 28) + 1).padStart(2, "0");
    return `k${id},${id},${id % 10 === 0 ? "rare" : "usual"},${day}.11.2025,2025-13-${day}\n`;
  });
  await folder.write("spread.csv", `key,n,kind,day,no_day\n${lines.join("")}`);
  const { columns } = await folder.value(profileData, { source: "spread.csv" });
  expect(columns).toMatchObject([
    { name: "key", likely_key: true, lengths: [2, 4, 3.89] },
    { name: "n", likely_key: true, mean: 499.5 },
    { name: "kind", top: ["usual", "rare"], distinct: 2 },
    { name: "day" },
    { name: "no_day" },
  ]);
  const [, n = {}, kind, day, noDay] = columns as JsonObject[];
  expect(n["std"]).toBeCloseTo(288.819, 2);
  const [low, , middle, , high] = n["quantiles"] as number[];
  expect(low).toBeGreaterThan(30);
  expect(low).toBeLessThan(70);
  expect(middle).toBeGreaterThan(480);
  expect(middle).toBeLessThan(520);
  expect(high).toBeGreaterThan(930);
  expect(kind).not.toHaveProperty("likely_key");
  expect(day?.["type"] === "DATE" || day?.["date_format"] === "%d.%m.%Y").toBe(true);
  expect(noDay).not.toHaveProperty("date_format");
});

test("tells the format of dates only where every value has it", async () => {
  const lines = Array.from(
    { length: 300 },
    (_, id) => `${(id % 28) + 1}.11.2025;${(id % 28) + 1}.${id === 299 ? 31 : 11}.2025\n`,
  );
  await folder.write("dates.csv", `all;most\n${lines.join("")}`);
  await folder.value(queryData, {
    sql: 'select "all"::varchar as "all", most::varchar as most from \'dates.csv\'',
    save_as: "dates",
  });
  const { columns } = await folder.value(profileData, { source: "dates" });
  const [all, most] = columns as JsonObject[];
  expect(all).toMatchObject({ type: "VARCHAR" });
  expect(most).not.toHaveProperty("date_format");
});

test("tells both formats of dates whose day could be their month, unless a later one tells them apart", async () => {
  const lines = Array.from({ length: 300 }, (_, id) => {
    const [day, month] = [String((id % 12) + 1).padStart(2, "0"), String((id % 7) + 1).padStart(2, "0")];
    const last = id === 299 ? "04/25/2025" : `${day}/${month}/2025`;
    return `${day}/${month}/2025,${day}-${month}-2025,${last},25/${month}/2025\n`;
  });
  await folder.write("unclear.csv", `slashes,dashes,late,clear\n${lines.join("")}`);
  const { columns } = await folder.value(profileData, { source: "unclear.csv" });
  expect((columns as JsonObject[]).map(({ date_format: format }) => format)).toEqual([
    "%d/%m/%Y or %m/%d/%Y",
    "%d-%m-%Y or %m-%d-%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
  ]);
});

test("bears infinities, values that are no numbers, and a table of many columns", async () => {
  await folder.value(queryData, {
    sql: "select unnest([1.0, 'inf'::double, 'nan'::double, null]) as x",
    save_as: "odd",
  });
  expect(await folder.value(profileData, { source: "odd" })).toMatchObject({ columns: [{ name: "x", nulls: 1 }] });
  const names = Array.from({ length: 120 }, (_, index) => `c${index}`);
  await folder.write("wide.csv", `${names.join()}\n${names.map((_, index) => index).join()}\n`);
  const value = await folder.value(profileData, { source: "wide.csv" });
  expect(value["notes"]).toHaveLength(1);
  expect(JSON.stringify(value).length).toBeLessThan(50_000);
});

test("names the line where a column stops being what it began as", async () => {
  const lines = Array.from({ length: 400_000 }, (_, id) => `${id},${id === 212_000 ? "n/a" : id}\n`);
  await folder.write("late.csv", `id,v\n${lines.join("")}`);
  const value = await folder.value(profileData, { source: "late.csv" });
  expect(value["columns"]).toMatchObject([{ type: "BIGINT", max: 399_999 }, { type: "VARCHAR" }]);
  expect(value["problems"]).toMatchObject([{ line: 212_002, code: "not_of_type" }]);
});

test("profiles JSON with nested values, a dataset, and a table without rows", async () => {
  await folder.write("n.jsonl", '{"a":{"b":1},"c":[1]}\n{"a":null,"c":[2]}\n');
  expect(await folder.value(profileData, { source: "n.jsonl" })).toMatchObject({
    row_count: 2,
    columns: [{ name: "a", nulls: 1, min: null }, { name: "c" }],
  });
  const writer = await folder.datasets.create([{ name: "x", type: "BIGINT" }], "none");
  await writer.finish({});
  expect(await folder.value(profileData, { source: "none" })).toMatchObject({
    row_count: 0,
    columns: [{ name: "x", type: "BIGINT", nulls: 0, distinct: 0, min: null, max: null }],
  });
  await folder.write("header.csv", "a,b\n");
  expect(await folder.value(profileData, { source: "header.csv" })).toMatchObject({
    row_count: 0,
    columns: [{ name: "a" }, { name: "b" }],
  });
});

test("a source that is not there is an error with advice", async () => {
  expect(await folder.call(profileData, { source: "tt.csv" })).toMatchObject({ ok: false, code: "not_found" });
  expect(await folder.call(profileData, { source: 'x" union select 1 --' })).toMatchObject({
    ok: false,
    code: "not_found",
  });
});

test("a long least value is cut between characters", async () => {
  await folder.write("faces.csv", `n,face\n1,${"a".repeat(199)}${"😀".repeat(9)}\n`);
  const { columns } = await folder.value(profileData, { source: "faces.csv" });
  expect(columns).toMatchObject([{}, { min: `${"a".repeat(199)}…` }]);
});

test("cells beyond the names are a column of the profile, however far down they are", async () => {
  await folder.write("extra.csv", `a,b\n${"1,x\n".repeat(30_000)}2,y,more,yet\n`);
  const { columns, row_count: count, problems } = await folder.value(profileData, { source: "extra.csv" });
  expect(count).toBe(30_001);
  expect(problems).toMatchObject([{ line: 30_002, code: "extra_cells" }]);
  expect(columns).toMatchObject([{ name: "a" }, { name: "b" }, { name: "extra_cells", nulls: 30_000, distinct: 1 }]);
});

test("tells mean and deviation of long identifiers as exactly as of short ones", async () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => 9_000_000_000_000_000 + index);
  await folder.write("ids.csv", `id\n${ids.join("\n")}\n`);
  const { columns } = await folder.value(profileData, { source: "ids.csv" });
  const [column] = columns as { mean: number; std: number }[];
  expect(column?.mean).toBeCloseTo(9_000_000_000_010_000, -1);
  expect(column?.std).toBeCloseTo(Math.sqrt((20_000 * 20_001) / 12), 1);
});

test("quantiles have no more digits than they are good for", async () => {
  await folder.write("twenty.csv", `n\n${Array.from({ length: 20 }, (_, index) => index + 1).join("\n")}\n`);
  const { columns } = await folder.value(profileData, { source: "twenty.csv" });
  expect(columns).toMatchObject([{ quantiles: [1.5, 5.5, 10.5, 15.5, 19.5] }]);
});

test("distinct values of a small table are counted exactly, few and many", async () => {
  const rows = Array.from(
    { length: 5_000 },
    (_, id) => `${id},category ${id % 14},${(id % 9) + 1},${id % 3 ? "x" : ""}`,
  );
  await folder.write("few.csv", `id,category,quantity,flag\n${rows.join("\n")}\n`);
  const { columns, notes } = await folder.value(profileData, { source: "few.csv" });
  expect((columns as { distinct: number }[]).map(({ distinct }) => distinct)).toEqual([5_000, 14, 9, 1]);
  expect(notes).toBeUndefined();
});
