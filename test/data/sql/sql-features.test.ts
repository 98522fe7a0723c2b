import { afterAll, beforeAll, expect, test } from "vitest";
import type { SqlAnswer } from "../../../src/data/sql.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("sales.csv", "sku,day,qty\na,2026-01-02,3\nb,2026-01-03,4\na,2026-02-03,5\n");
  await folder.write("prices.csv", "sku,since,price\na,2026-01-01,1.5\na,2026-02-01,2.5\nb,2026-01-01,3\n");
  await folder.write("parts/a.csv", "id,name\n1,x\n");
  await folder.write("parts/b.csv", "name,id,extra\ny,2,z\n");
  await folder.write("nested.json", '[{"id":1,"tags":["x","y"],"o":{"n":7}}]');
  await ask("select sku, max(price) as top from 'prices.csv' group by sku", "tops");
});

afterAll(async () => {
  await folder.close();
});

async function ask(sql: string, saveAs?: string): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, saveAs, origin: {} }, { signal: new AbortController().signal });
}

test.each<[string, unknown[][]]>([
  [
    "select s.sku, top from 'sales.csv' s join tops using (sku) where qty > 3 order by all",
    [
      ["a", 2.5],
      ["b", 3],
    ],
  ],
  [
    "select qty, price from 'sales.csv' s asof join 'prices.csv' p on s.sku = p.sku and day >= since order by 1",
    [
      [3, 1.5],
      [4, 3],
      [5, 2.5],
    ],
  ],
  ["select sku from 'sales.csv' anti join (select 'a' as sku) using (sku)", [["b"]]],
  [
    "select s.qty, p.price from 'sales.csv' s positional join 'prices.csv' p",
    [
      [3, 1.5],
      [4, 2.5],
      [5, 3],
    ],
  ],
  [
    "select qty, m from 'sales.csv' s, lateral (select max(price) m from 'prices.csv' p where p.sku = s.sku) order by 1",
    [
      [3, 2.5],
      [4, 3],
      [5, 2.5],
    ],
  ],
  [
    "select sku, qty from 'sales.csv' qualify row_number() over (partition by sku order by day desc) = 1 order by 1",
    [
      ["a", 5],
      ["b", 4],
    ],
  ],
  [
    "select sku, sum(qty)::int from 'sales.csv' group by all order by all",
    [
      ["a", 8],
      ["b", 4],
    ],
  ],
  [
    "select sku, sum(qty)::int from 'sales.csv' group by rollup (sku) order by 1 nulls last",
    [
      ["a", 8],
      ["b", 4],
      [null, 12],
    ],
  ],
  ["select count(*) from (from 'sales.csv' using sample 2 rows)", [[2]]],
  ["with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) from r", [[1], [2], [3]]],
  ["from 'sales.csv' select max(qty)", [[5]]],
  ["select column_name from (describe 'sales.csv')", [["sku"], ["day"], ["qty"]]],
  ["select column_name, max from (summarize 'sales.csv') where column_name = 'qty'", [["qty", "5"]]],
  ["select * exclude (day) replace (qty * 2 as qty) from 'sales.csv' limit 1", [["a", 6]]],
  ["select max(columns('^q')) from 'sales.csv'", [[5]]],
  ["select list_transform([1, 2], lambda x: x + 1), [x for x in [1, 2] if x > 1], {'a': 1}.a", [[[2, 3], [2], 1]]],
  [
    "select id, o.n, unnest(tags) from 'nested.json'",
    [
      [1, 7, "x"],
      [1, 7, "y"],
    ],
  ],
  [
    "from generate_series(date '2026-01-31', date '2026-02-01', interval 1 day)",
    [["2026-01-31T00:00:00"], ["2026-02-01T00:00:00"]],
  ],
  [
    "values (1, 'x'), (2, 'y')",
    [
      [1, "x"],
      [2, "y"],
    ],
  ],
  [
    "from 'parts/*.csv' order by id",
    [
      [1, "x", null],
      [2, "y", "z"],
    ],
  ],
  [
    "from 'parts/a.csv' union all by name from 'parts/b.csv' order by id",
    [
      [1, "x", null],
      [2, "y", "z"],
    ],
  ],
  [
    "select date_trunc('month', day)::date, sum(qty)::int from 'sales.csv' group by 1 order by 1",
    [
      ["2026-01-01", 7],
      ["2026-02-01", 5],
    ],
  ],
  ["select strptime('03/04/2026', '%d/%m/%Y')::date + interval 1 month", [["2026-05-03T00:00:00"]]],
  [
    "select distinct on (sku) sku, qty from 'sales.csv' order by sku, day",
    [
      ["a", 3],
      ["b", 4],
    ],
  ],
  [
    "select sum(qty) filter (sku = 'a')::int, arg_max(sku, qty), string_agg(sku, '+' order by qty) from 'sales.csv'",
    [[8, "a", "a+b+a"]],
  ],
  ["select qty / 0 > 1e300, qty // 0, qty % 0 from 'sales.csv' limit 1", [[true, null, null]]],
  [
    "unpivot (select 1 as a, 2 as b) on a, b into name k value v",
    [
      ["a", 1],
      ["b", 2],
    ],
  ],
  [
    "table tops order by sku",
    [
      ["a", 2.5],
      ["b", 3],
    ],
  ],
])("answers %s", async (sql, rows) => {
  expect((await ask(sql)).rows).toEqual(rows);
});
