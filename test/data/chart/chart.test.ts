import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Chart } from "../../../src/data/chart/chart.ts";
import type { JsonObject } from "../../../src/message.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { designerIn, rowsOf } from "../../support/chart-design.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { salesSql } from "../../support/sales.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.value(queryData, { sql: salesSql, save_as: "sales" });
});

afterAll(async () => {
  await folder.close();
});

const design = designerIn(() => folder);

async function answer(sql: string): Promise<unknown> {
  return (await folder.value(queryData, { sql }))["rows"];
}

const sum = (rows: JsonObject[]) => rows.reduce((total, row) => total + Number(row["value"]), 0);
const found = (value: unknown) => JSON.stringify(value);

describe("many categories", () => {
  const even = "select 'k' || range as k, 1000 - range as v from range(40)";
  const uneven = "select 'k' || range as k, 100 as v from range(1000)";

  test("of a sum are the largest and one for the others, which together are the total", async () => {
    const chart = await design({
      sql: `select *, v as w from (${even}) where k <> 'k39' or true`,
      mark: "bar",
      x: "k",
      y: "v",
    });
    const [[total]] = (await answer(`select sum(v) from (${even})`)) as [[number]];
    const rows = rowsOf(chart);
    expect(chart.notes.join()).toMatch(/30 of 40 values of k are shown; the other 10 make up 9,?\.?\d*/i);
    expect(rows).toHaveLength(30);
    expect(sum(rows) + 9_655).toBe(total);
  });

  test("that are few beyond the limit become a bar, and no row is lost", async () => {
    const sql = "select 'k' || range as k, case when range < 30 then 1000 else 10 end as v from range(40)";
    const chart = await design({ sql, mark: "bar", x: "k", y: "v" });
    const rows = rowsOf(chart);
    expect(sum(rows)).toBe(30_100);
    expect(rows.filter(({ other }) => other === true)).toEqual([
      expect.objectContaining({ x: "10 others", value: 100 }),
    ]);
    expect(chart.notes[0]).toBe("30 of 40 values of K are shown, the other 10 are taken together");
  });

  test("whose rest would dwarf all bars are told in words", async () => {
    const chart = await design({ sql: uneven, mark: "bar", x: "k", y: "v" });
    expect(rowsOf(chart)).toHaveLength(30);
    expect(chart.notes[0]).toBe("30 of 1,000 values of K are shown; the other 970 make up 97k of 100k");
    expect(found(chart.spec["title"])).toContain("the other 970 make up 97k of 100k");
  });

  test("are no numbers: the bar of zero stays, however long", async () => {
    const sql = "select case when range < 80 then 0 else range % 2 + 1 end as discount from range(100)";
    const chart = await design({ sql, mark: "bar", x: "discount" });
    expect(rowsOf(chart).map(({ x, value }) => [x, value])).toEqual([
      ["0", 80],
      ["1", 10],
      ["2", 10],
    ]);
  });

  test("of a mean leave the others out, and say so", async () => {
    const chart = await design({ sql: uneven, mark: "bar", x: "k", y: "avg(v)" });
    expect(rowsOf(chart).some(({ other }) => other === true)).toBe(false);
    expect(chart.notes[0]).toBe("30 of 1,000 values of K are shown, the other 970 are left out");
  });

  test("of colours are seven and the others, for each bar the same total as without them", async () => {
    const plain = rowsOf(await design({ mark: "bar", x: "region", y: "price" }));
    const colored = rowsOf(await design({ mark: "bar", x: "region", y: "price", color: "shop" }));
    expect(new Set(colored.map(({ color }) => color)).size).toBe(8);
    for (const { x, value } of plain) {
      expect(sum(colored.filter((row) => row["x"] === x))).toBeCloseTo(Number(value), 4);
    }
  });

  test("of an arc are seven slices and the others, and no single one is called others", async () => {
    expect(rowsOf(await design({ mark: "arc", x: "shop" }))).toHaveLength(8);
    const nine = rowsOf(
      await design({ sql: "select range as k, 'n' || range as n from range(8)", mark: "arc", x: "n" }),
    );
    expect(nine.map(({ color }) => color)).not.toContain("1 others");
  });

  test("of facets are twelve", async () => {
    const chart = await design({ mark: "histogram", x: "price", facet: "shop" });
    expect(new Set(rowsOf(chart).map(({ facet }) => facet)).size).toBe(12);
    expect(chart.notes[0]).toBe("12 of 60 values of shop are shown, the other 48 are left out");
  });
});

describe("order", () => {
  const domainOf = (chart: Chart) => /"domain":(\["[^\]]*\])/.exec(found(chart.spec["encoding"]))?.[1];

  test.each([
    ["names by size", "from (values ('a', 1), ('b', 3), ('c', 2)) t(k, v)", '["b","c","a"]'],
    [
      "months by the calendar",
      "from (values ('March', 1), ('January', 3), ('February', 2)) t(k, v)",
      '["January","February","March"]',
    ],
    [
      "numbered names by their number",
      "from (values ('10-19', 1), ('0-9', 3), ('100+', 9)) t(k, v)",
      '["0-9","10-19","100+"]',
    ],
  ])("%s", async (_name, sql, domain) => {
    expect(domainOf(await design({ sql, mark: "bar", x: "k", y: "v" }))).toBe(domain);
  });
});

describe("names", () => {
  test.each([
    ["order_date", "Order date"],
    ["totalUSD", "Total USD"],
    ["Sehr lange Überschrift", "Sehr lange Überschrift"],
    ["sales of iPhones", "sales of iPhones"],
    ["unit price", "Unit price"],
  ])("%s becomes %s", async (name, title) => {
    const chart = await design({ sql: `select 1 as "${name}"`, mark: "histogram", x: name });
    expect(found(chart.spec["encoding"])).toContain(`"title":"${title}"`);
  });

  test("of ranges of whole numbers hold both their ends", async () => {
    const sql = "select range % 9 as n, range % 2 as k from range(90)";
    const chart = await design({ sql, mark: "bar", x: "k", color: "n" });
    const colors = new Set(rowsOf(chart).map(({ color }) => color));
    expect(colors).toEqual(new Set(["0 – 1", "2 – 3", "4 – 5", "6 – 7", "8 – 9"]));
  });

  test("of steps of time are not said twice", async () => {
    const sql = "select '2024-' || lpad((range + 1)::varchar, 2, '0') as month, range as v from range(12)";
    const chart = await design({ sql, mark: "bar", x: "month", y: "v" });
    expect(found(chart.spec["encoding"])).toContain('"title":"Month"');
  });
});

describe("rows that fall together", () => {
  test("are summed in bars and averaged in lines, which the title says", async () => {
    const bars = await design({ mark: "bar", x: "region", y: "price" });
    const lines = await design({ mark: "line", x: "region", y: "price" });
    expect(found(bars.spec["encoding"])).toContain('"title":"Sum of price"');
    expect(found(lines.spec["encoding"])).toContain('"title":"Mean of price"');
    expect(bars.notes.join()).toContain("the sum of 'price' is shown");
    const [[north]] = (await answer("select sum(price) from sales where region = 'North'")) as [[number]];
    expect(rowsOf(bars).find(({ x }) => x === "North")?.["value"]).toBeCloseTo(north, 4);
  });

  test("are not spoken of where there are none", async () => {
    const chart = await design({ sql: "from (values ('a', 1), ('b', 3)) t(k, v)", mark: "bar", x: "k", y: "v" });
    expect(found(chart.spec["encoding"])).toContain('"title":"V"');
    expect(chart.notes).toEqual([]);
  });

  test("are counted where no y is given", async () => {
    expect(sum(rowsOf(await design({ mark: "bar", x: "region" })))).toBe(4_000);
    expect(sum(rowsOf(await design({ mark: "histogram", x: "margin" })))).toBe(4_000);
    expect(sum(rowsOf(await design({ mark: "heatmap", x: "price", y: "margin" })))).toBe(4_000);
    expect(sum(rowsOf(await design({ mark: "bar", x: "region", y: "distinct(shop)" })))).toBeGreaterThan(4);
  });
});

describe("time", () => {
  test("is cut into steps that fit, all of which are on the axis", async () => {
    const chart = await design({ mark: "bar", x: "sold_at" });
    expect(chart.notes).toContain("x is cut into steps of one month");
    expect(rowsOf(chart)[0]?.["x"]).toBe(Date.UTC(2023, 0, 1));
    expect(sum(rowsOf(chart))).toBe(4_000);
    const yearly = await design({ mark: "bar", x: "year(sold_at)" });
    expect(rowsOf(yearly)).toHaveLength(2);
  });

  test("of millennia has a place for every bar", async () => {
    const sql = "select date '0001-01-01' + (range * 400)::int as d, 1 as v from range(2000)";
    const chart = await design({ sql, mark: "bar", x: "d", y: "v" });
    const { x } = chart.spec["encoding"] as { x: { scale: { domain: unknown[] } } };
    expect(rowsOf(chart).filter((row) => !x.scale.domain.includes(row["x"]))).toEqual([]);
    expect(sum(rowsOf(chart))).toBe(2_000);
  });

  test("that is text is found", async () => {
    const sql = "select strftime(sold_at, '%Y-%m') as month, count(*) as n from sales group by 1";
    const months = await design({ sql, mark: "line", x: "month", y: "n" });
    expect(found(months.spec["encoding"])).toContain('"type":"temporal"');
    const days = await design({
      sql: "select '2024-03-' || (10 + range) as d, range as n from range(9)",
      mark: "bar",
      x: "d",
      y: "n",
    });
    expect(rowsOf(days)).toHaveLength(9);
  });

  test.each([
    ["with gaps is time all the same", "null", '"type":"temporal"'],
    ["of which one is none is names", "'2024-13-45'", '"type":"nominal"'],
  ])("that is text %s", async (_name, other, type) => {
    const sql = `select case when range = 4 then ${other} else '2024-03-' || (10 + range) end as d, range as n from range(9)`;
    const chart = await design({ sql, mark: "line", x: "d", y: "n" });
    expect(found(chart.spec["encoding"])).toContain(type);
  });

  test("of a zone is shown in UTC", async () => {
    const sql = "select timestamptz '2024-01-01 00:30:00+02' + to_hours(range) as at, range as n from range(3)";
    const chart = await design({ sql, mark: "line", x: "at", y: "n" });
    expect(rowsOf(chart).map(({ x }) => x)).toContain(Date.UTC(2023, 11, 31, 22, 30));
    expect(chart.notes).toContain("times are shown in UTC");
  });
});

describe("more rows than a picture can hold", () => {
  test("of a line keep their extremes", async () => {
    const sql =
      "select range as x, case range when 123456 then 99 when 654321 then -99 else sin(range / 1e4) end as y from range(1000000)";
    const chart = await design({ sql, mark: "line", x: "x", y: "y" });
    const values = rowsOf(chart).map(({ value }) => Number(value));
    expect(values.length).toBeLessThan(2_500);
    expect([Math.min(...values), Math.max(...values)]).toEqual([-99, 99]);
    expect(rowsOf(chart).map(({ x }) => x)).toEqual(expect.arrayContaining([0, 999_999, 123_456, 654_321]));
  });

  test("of points are counted where they lie, or sampled where they have colours", async () => {
    const sql = "select hash(range) % 1000 as x, hash(range + 1) % 1000 as y, range % 2 = 0 as c from range(100000)";
    const counted = await design({ sql, mark: "point", x: "x", y: "y" });
    expect(sum(rowsOf(counted))).toBe(100_000);
    expect(counted.notes[0]).toContain("100,000 rows are too many");
    const sampled = await design({ sql, mark: "point", x: "x", y: "y", color: "c" });
    expect(rowsOf(sampled)).toHaveLength(3_000);
    expect(sampled.notes[0]).toBe("a random sample of 3,000 of 100,000 rows is shown");
  });

  test("are told when a few of them lie far outside", async () => {
    const sql = "select case when range < 5 then 1e9 else range % 100 end as v from range(10000)";
    const chart = await design({ sql, mark: "histogram", x: "v" });
    expect(sum(rowsOf(chart))).toBe(9_995);
    expect(chart.notes[0]).toBe("5 rows far outside are left out (V reaches from 0 to 1,000,000,000)");
  });
});

describe("values that are none", () => {
  const sql =
    "from (values ('a', 1.0::double), ('a', null), ('a', 'nan'::double), ('b', 'inf'::double), ('b', 2), (null, 4), ('', 8)) t(k, v)";

  test("are left out and told, and names that are none have one", async () => {
    const chart = await design({ sql, mark: "bar", x: "k", y: "v" });
    const values = Object.fromEntries(rowsOf(chart).map(({ x, value }) => [String(x), value]));
    expect(values).toEqual({ "(empty)": 8, "(no value)": 4, b: 2, a: 1 });
    expect(chart.notes).toEqual(
      expect.arrayContaining(["2 rows whose 'v' is no finite number are left out", "1 row without 'v' is left out"]),
    );
  });

  test("do not keep the others from the axis", async () => {
    const times = "from (values (timestamp 'infinity', 1), (timestamp '2024-01-01', 2), (null, 3)) t(moment, n)";
    expect(rowsOf(await design({ sql: times, mark: "line", x: "moment", y: "n" }))).toHaveLength(1);
  });

  test("such as big integers and decimals are numbers", async () => {
    const big = "select 'a' as k, 170141183460469231731687303715884105727::hugeint as h, 0.1::decimal(38, 20) as d";
    expect(rowsOf(await design({ sql: big, mark: "bar", x: "k", y: "h" }))[0]?.["value"]).toBeCloseTo(1.7e38, -37);
    expect(rowsOf(await design({ sql: big, mark: "bar", x: "k", y: "d" }))[0]?.["value"]).toBe(0.1);
  });
});

test("a box has the quartiles of all rows, and the last values that are no outliers as its ends", async () => {
  const sql = "select 'a' as k, v from (select unnest(range(1, 102)) as v union all select 1000)";
  const [box, outlier] = rowsOf(await design({ sql, mark: "box", x: "k", y: "v" }));
  expect(box).toMatchObject({ low: 1, q1: 26.25, median: 51.5, q3: 76.75, high: 101 });
  expect(outlier).toBeUndefined(); // it lies too far away, which the note says
});

test("a title of its own is wrapped, and long ones are cut", async () => {
  const chart = await design({ mark: "bar", x: "region", title: "word ".repeat(100) });
  const { text } = chart.spec["title"] as { text: string[] };
  expect(text).toHaveLength(3);
  expect(text[2]).toMatch(/…$/);
});
