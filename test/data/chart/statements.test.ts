import { afterAll, beforeAll, expect, test } from "vitest";
import { designChart } from "../../../src/data/chart/chart.ts";
import type { ChartRequest } from "../../../src/data/chart/request.ts";
import { rowsOf } from "../../support/chart-design.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  const rows = Array.from({ length: 90 }, (_, index) => {
    const day = `2024-${String((index % 3) + 1).padStart(2, "0")}-${String((index % 9) + 10)}`;
    return `k${index % 5},${index % 10 === 0 ? "" : day},${index % 9 === 0 ? "" : index},${day.slice(0, 7)}`;
  });
  await folder.write("a.csv", `k,day,v,month\n${rows.join("\n")}\n`);
});

afterAll(() => folder.close());

const { signal } = new AbortController();

/** A chart of the file, and how many statements read more of it than its columns. */
async function design(request: ChartRequest) {
  let statements = 0;
  const chart = await designChart({
    ...request,
    from: { source: "a.csv" },
    theme: "light",
    query(sql, limit) {
      if (!sql.endsWith("limit 0")) statements += 1;
      return folder.sql.query({ sql, limit, origin: {} }, { signal });
    },
  });
  return { chart, statements };
}

test.each<ChartRequest>([
  { mark: "bar", x: "k" },
  { mark: "bar", x: "k", y: "v", color: "k" },
  { mark: "line", x: "month(day)", y: "avg(v)" },
  { mark: "arc", x: "k", y: "v" },
  { mark: "heatmap", x: "month(day)", y: "k", color: "max(v)" },
])("groups that are known beforehand are asked for in one statement: %j", async (request) => {
  expect((await design(request)).statements).toBe(1);
});

test("what is left out is told all the same", async () => {
  const { chart } = await design({ mark: "bar", x: "month(day)", y: "v" });
  const sql = "select sum(v)::int from 'a.csv' where day is not null group by month(day) order by month(day)";
  const { rows } = await folder.sql.query({ sql, limit: 9, origin: {} }, { signal });
  expect(rowsOf(chart).map(({ value }) => [value])).toEqual(rows);
  expect(chart.notes).toEqual(
    expect.arrayContaining(["9 rows without 'day' are left out", "10 rows without 'v' are left out"]),
  );
});

test("texts that are months are laid along time once that is seen", async () => {
  const { chart, statements } = await design({ mark: "bar", x: "month", y: "v" });
  expect(rowsOf(chart).map(({ x }) => x)).toEqual([0, 1, 2].map((month) => Date.UTC(2024, month)));
  expect(statements).toBeGreaterThan(1);
});
