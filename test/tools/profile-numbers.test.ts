import { afterAll, beforeAll, expect, test } from "vitest";
import { profileData } from "../../src/tools/profile-data.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

interface Profile {
  columns: { name: string; type: string; number_format?: string; quantiles?: number[]; top?: string[]; max: unknown }[];
  notes?: string[];
}

async function profile(name: string, cells: readonly string[]): Promise<Profile> {
  await folder.write(name, `n|v\n${cells.map((cell, index) => `${index}|${cell}\n`).join("")}`);
  return (await folder.value(profileData, { source: name })) as unknown as Profile;
}

test.each([
  ["decimal commas", ["1.138,84", "2,50", "-98,7", "12"], "1.234,56", 1_054.64],
  ["blanks between thousands", ["1 234,5", "12 345 678", "0,5"], "12 345 678", 12_346_913],
  ["apostrophes", ["1'234.50", "-7", "12'345"], "1'234.56", 13_572.5],
  ["a currency", ["$1,234.50", "-$5", "$0.25"], "$1,234.56", 1229.75],
  ["a currency behind", ["5,50 €", "1.234,00 €"], "1.234,56 €", 1239.5],
  ["percentages", ["12 %", "7.5 %"], "1.2 %", 0.195],
  ["parentheses", ["(1,234)", "10.5", "($1.00)"], "(1,234)", -1224.5],
  ["several groups", ["1,234", "1,234,567"], "1,234,567", 1_235_801],
])("tells numbers with %s, and how SQL reads every one of them", async (name, cells, format, sum) => {
  const file = `${name.replaceAll(" ", "-")}.csv`;
  const { columns, notes = [] } = await profile(file, cells);
  expect(columns[1]).toMatchObject({ type: "VARCHAR", number_format: format });
  const [, reading = ""] = /read them by (.*)$/.exec(notes[0] ?? "") ?? [];
  const { rows } = await folder.value(queryData, { sql: `select sum(${reading}), count(${reading}) from '${file}'` });
  const [[found, count] = []] = rows as number[][];
  expect(found).toBeCloseTo(sum, 6);
  expect(count).toBe(cells.length);
});

test("numbers that may be read in two ways are told with both, and with no format", async () => {
  const { columns, notes } = await profile("either.csv", ["1,234", "5,678"]);
  expect(columns[1]).not.toHaveProperty("number_format");
  expect(notes).toEqual([
    `"v" holds numbers written like 1,234: read them by try_cast(replace(v, ',', '') as double), or where the comma begins the decimals by try_cast(replace(replace(v, '.', ''), ',', '.') as double)`,
  ]);
});

test.each([
  ["one value that is no number", [...Array.from({ length: 400 }, () => "1,5"), "n/a"]],
  ["one value in another notation", [...Array.from({ length: 400 }, () => "1,5"), "1.5"]],
  ["one value with a sign that the others lack", [...Array.from({ length: 400 }, () => "1,5"), "(1,5)"]],
  ["codes with zeros in front", ["007", "012"]],
  ["groups of codes", ["030 123 456", "555 123 456"]],
  ["dates", ["01.02.2026", "03.04.2026"]],
  ["versions", ["1.2.3", "1.10.0"]],
  ["percentages among numbers", ["5 %", "7"]],
  ["numbers too long for a number", ["0.12345678901234567890", "0.5"]],
])("%s: no number format is told", async (name, cells) => {
  const { columns, notes } = await profile(`no-${name.replaceAll(" ", "-")}.csv`, cells);
  expect(columns[1]).toMatchObject({ type: "VARCHAR" });
  expect(columns[1]).not.toHaveProperty("number_format");
  expect(notes ?? []).toEqual([]);
});

test("quantiles and frequent values of a large table come from a sample that is told, all else from every row", async () => {
  const lines = Array.from(
    { length: 500_000 },
    (_, id) => `${id},${id % 4 === 0 ? "rare" : "usual"}${id % 3 === 0 ? 1 : ""}\n`,
  );
  await folder.write("large.csv", `picked,kind\n${lines.join("")}`);
  const { columns, notes } = (await folder.value(profileData, { source: "large.csv" })) as unknown as Profile;
  const [sampled = ""] = /\d+/.exec(notes?.[0] ?? "") ?? [];
  expect(notes).toEqual([`quantiles and top values are those of ${sampled} rows taken at random`]);
  expect(Number(sampled)).toBeGreaterThan(20_000);
  expect(Number(sampled)).toBeLessThan(400_000);
  expect(columns).toMatchObject([
    { name: "picked", type: "BIGINT", max: 499_999, mean: 249_999.5, likely_key: true },
    { name: "kind", distinct: 4, top: ["usual", "usual1", "rare", "rare1"], lengths: [4, 6, 5.083334] },
  ]);
  for (const [index, quantile] of (columns[0]?.quantiles ?? []).entries())
    expect(Math.abs(quantile / 500_000 - ([0.05, 0.25, 0.5, 0.75, 0.95][index] ?? 0))).toBeLessThan(0.02);
});

test("a table with fewer rows than its head promised is not judged by a handful of them", async () => {
  const lines = Array.from({ length: 2_200 }, (_, id) => `${id},${"x".repeat(id < 200 ? 1 : 5_000)}\n`);
  await folder.write("growing.csv", `id,text\n${lines.join("")}`);
  const { columns, notes } = (await folder.value(profileData, { source: "growing.csv" })) as unknown as Profile;
  expect(notes).toBeUndefined();
  expect(columns[0]?.quantiles?.[2]).toBeCloseTo(1_099.5, -1);
});
