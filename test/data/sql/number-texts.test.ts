import { afterAll, beforeAll, expect, test } from "vitest";
import { numberReadings } from "../../../src/data/sql/number-texts.ts";
import { profileData } from "../../../src/tools/profile-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

test.each([
  ["1138,84", [1138.84]],
  ["-1.746.100,96", [-1746100.96]],
  ["1,234", [1234, 1.234]],
  ["1,234,567", [1234567]],
  ["1,234.5", [1234.5]],
  ["€ 1.138,84", [1138.84]],
  ["12,5 %", [0.125]],
  ["$5", [5]],
  ["(1,234.5)", [-1234.5]],
  [" - $ 5 € ", [-5]],
  ["(-5)", []],
  ["( +1.5 % )", []],
  ["n/a", []],
  ["2026-01-02", []],
])("%s is read as %j", async (value, numbers) => {
  const read = numberReadings("v", value);
  expect(read).toHaveLength(numbers.length);
  for (const [index, expression] of read.entries()) {
    const sql = `select ${expression} from (select '${value}' as v)`;
    expect(await folder.value(queryData, { sql })).toMatchObject({ rows: [[numbers[index]]] });
  }
});

test("a sum over decimal commas is told how to read them", async () => {
  await folder.write("de.csv", "sku;preis\na;1138,84\nb;2,50\n");
  const result = await folder.call(queryData, { sql: "select sum(preis) from 'de.csv'" });
  expect(result).toMatchObject({
    ok: false,
    message: expect.stringContaining("read it by try_cast(replace(replace(preis, '.', ''), ',', '.') as double)"),
  });
});

test("cells that are mostly blanks are profiled", async () => {
  await folder.write("blanks.csv", `a,b\n1,"${" ".repeat(20_000)}x"\n2,"${" ".repeat(20_000)}y"\n`);
  expect(await folder.value(profileData, { source: "blanks.csv" })).toMatchObject({ row_count: 2 });
});
