import { afterAll, beforeAll, expect, test } from "vitest";
import { profileData } from "../../../src/tools/profile-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  const columns = Array.from({ length: 6_000 }, (_, index) => index);
  await folder.write("wide.csv", `${columns.map((index) => `c${index}`).join()}\n${columns.join()}\n`);
});

afterAll(async () => {
  await folder.close();
});

test("a table of thousands of columns is answered, and what is left out is told", async () => {
  const answer = await folder.value(queryData, { sql: "select * from 'wide.csv'" });
  expect(answer).toMatchObject({ row_count: 1, truncated: true });
  expect(answer["rows"]).toEqual([expect.arrayContaining(["0", "1"])]);
  expect(answer["notes"]).toContainEqual(expect.stringMatching(/of 6000 columns are shown/));
  expect(answer["notes"]).toContainEqual(expect.stringMatching(/not kept: .* give save_as/));
  expect(answer).not.toHaveProperty("dataset");
}, 60_000);

test("the first columns of a table of thousands are profiled, and that is told", async () => {
  const { columns, notes } = await folder.value(profileData, { source: "wide.csv" });
  expect(columns).toHaveLength(500);
  expect(notes).toContainEqual(expect.stringMatching(/first 500 of 6000 columns/));
}, 60_000);
