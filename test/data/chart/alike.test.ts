import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { designerIn, rowsOf } from "../../support/chart-design.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(() => folder.close());

const design = designerIn(() => folder);

describe("values that are nearly the same", () => {
  test("have labels that differ", async () => {
    const sql = "from (values ('a', 1234567), ('b', 1234890), ('c', 1229999)) t(k, v)";
    const rows = rowsOf(await design({ sql, mark: "bar", x: "k", y: "v" }));
    expect(new Set(rows.map(({ label }) => label))).toEqual(new Set(["1.2346M", "1.2349M", "1.2300M"]));
  });

  test("have a bar each where they are what is counted", async () => {
    const ids = rowsOf(await design({ sql: "select 1234567 + range as id from range(3)", mark: "bar", x: "id" }));
    expect(ids.map(({ x }) => x)).toEqual(["1,234,567", "1,234,568", "1,234,569"]);
    const sql = "select 1e6 + range / 7.0 as v from range(5000)";
    const bins = rowsOf(await design({ sql, mark: "bar", x: "v" }));
    expect(new Set(bins.map(({ x, x2 }) => `${String(x)} ${String(x2)}`)).size).toBe(bins.length);
    const boxes = rowsOf(await design({ sql, mark: "box", x: "v", y: "v" }));
    expect(new Set(boxes.map(({ x }) => x)).size).toBe(boxes.length);
  });

  test("have an axis whose labels differ", async () => {
    const sql = "select range as t, 1e9 + range % 7 as v from range(50)";
    const { spec } = await design({ sql, mark: "line", x: "t", y: "v" });
    expect(JSON.stringify(spec["encoding"])).toContain('"format":",.15~r"');
  });

  test("of which the rest is nearly all are not called all", async () => {
    const sql = "select 'k' || range as k, case range when 0 then 40000 else 10000 end as v from range(17000)";
    const { notes } = await design({ sql, mark: "bar", x: "k", y: "v" });
    expect(notes[0]).toBe("30 of 17,000 values of K are shown; the other 16,970 make up 169.7M of 170M");
  });
});

test("long names that begin alike are told apart", async () => {
  const sql = "select repeat('Department of Public Affairs ', 5) || range as k, range as v from range(6)";
  for (const request of [
    { mark: "bar", x: "k", y: "v" },
    { mark: "line", x: "v", y: "v", color: "k" },
    { mark: "histogram", x: "v", facet: "k" },
  ] as const) {
    const names = rowsOf(await design({ sql, ...request })).map((row) =>
      String(row["color"] ?? row["facet"] ?? row["x"]),
    );
    expect(names.every((name) => /\d$/.test(name))).toBe(true);
  }
});
