import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { chart } from "../../src/tools/chart.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";
import { decodePng } from "../support/png.ts";
import { salesSql } from "../support/sales.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.value(queryData, { sql: salesSql, save_as: "sales" });
  await folder.write("cities.csv", "city,inhabitants\nBerlin,3664088\nParis,2102650\nRome,2748109\n");
});

afterAll(async () => {
  await folder.close();
});

const draw = (input: JsonObject) => folder.value(chart, input);

/** The colours that only texts have, by theme. */
const ink = { light: "#1d2733", dark: "#e8ecf1" };
const ground = { light: "#ffffff", dark: "#14181f" };

const everyMark: JsonObject[] = [
  { mark: "bar", x: "shop", y: "price" },
  { mark: "line", x: "sold_at", y: "avg(price)", color: "region" },
  { mark: "area", x: "sold_at", y: "price", color: "region" },
  { mark: "point", x: "price", y: "margin" },
  { mark: "histogram", x: "price" },
  { mark: "heatmap", x: "sold_at", y: "region", color: "price" },
  { mark: "box", x: "region", y: "margin" },
  { mark: "arc", x: "region", y: "price" },
];

async function expectPicture(input: JsonObject, theme: "light" | "dark"): Promise<void> {
  const value = await draw({ source: "sales", ...input, theme });
  const picture = decodePng(await readFile(String(value["path"])));
  expect([picture.width, picture.height]).toEqual([value["width"], value["height"]]);
  expect(picture.width).toBeGreaterThan(300);
  expect(picture.count(ink[theme])).toBeGreaterThan(300);
  expect(picture.count(ground[theme])).toBeGreaterThan(10_000);
  expect(picture.count(ground[theme])).toBeLessThan(picture.width * picture.height * 0.97);
}

test.each(everyMark)("$mark is a picture with marks and texts", (input) => expectPicture(input, "light"));

test.each(everyMark.slice(0, 3))("$mark is one on a dark ground too", (input) => expectPicture(input, "dark"));

test.each([
  { source: "sales", mark: "line", x: "sold_at", y: "price", color: "region", facet: "returned" },
  { source: "sales", mark: "bar", x: "region", y: "avg(price)", color: "returned", facet: "region" },
  { source: "sales", mark: "point", x: "price", y: "margin", color: "id", facet: "region" },
  { source: "sales", mark: "point", x: "shop", y: "median(price)" },
  { source: "sales", mark: "point", x: "region", y: "price" },
  { source: "sales", mark: "box", x: "sold_at", y: "price", color: "region", facet: "returned" },
  { source: "sales", mark: "box", x: "price" },
  { source: "sales", mark: "histogram", x: "sold_at", color: "price" },
  { source: "sales", mark: "heatmap", x: "price", y: "margin", facet: "region" },
  { source: "sales", mark: "area", x: "id", y: "margin", color: "region" },
  { source: "sales", mark: "area", x: "month(sold_at)", y: "avg(margin)", color: "region" },
  { source: "sales", mark: "bar", x: "price", y: "region" },
  { source: "cities.csv", mark: "bar", x: "city", y: "inhabitants" },
  { sql: "select 1 as a, 2 as b;", mark: "line", x: "a", y: "b" },
  { sql: "from (values (date '2024-02-29', 0)) t(day, amount) -- a comment", mark: "bar", x: "day", y: "amount" },
  {
    sql: "select time '10:00' as t, interval 1 day as i, [1, 2] as l, 0 as z",
    mark: "bar",
    x: "l",
    y: "z",
    color: "t",
  },
])("%j is drawn", async (input) => {
  const value = await draw(input);
  expect(value["width"]).toBeGreaterThan(150);
  expect(value["height"]).toBeGreaterThan(100);
});

describe("an SVG", () => {
  test("is well-formed, and holds nothing that could act or load", async () => {
    const names = ["<script>alert(1)</script>", "a & b", "\"q\" 'r'", "]]>", "\u0001\u0008", "https://a.b/c.png"];
    await folder.write("names.jsonl", names.map((name) => JSON.stringify({ name, value: name.length })).join("\n"));
    const { path } = await draw({
      source: "names.jsonl",
      mark: "bar",
      x: "name",
      y: "value",
      title: "<a id='x'>&\ud800",
      path: "n.svg",
    });
    const svg = await readFile(String(path), "utf8");
    expect(() => new Resvg(svg)).not.toThrow(); // it reads XML strictly
    expect(svg).not.toMatch(/<(script|image|a|foreignObject|style|iframe)\b|\son\w+=|href=/i);
    expect(svg).toContain("&lt;script&gt;");
    expect(svg).toContain("Inter, 'Segoe UI'");
  });

  test("is what a path that ends in .svg asks for", async () => {
    const value = await draw({ source: "cities.csv", mark: "arc", x: "city", y: "inhabitants", path: "sub/ring.svg" });
    expect(value["path"]).toBe(join(folder.workspace, "sub/ring.svg"));
  });
});

describe("names that mean something elsewhere are names", () => {
  const hostile = [
    "__proto__",
    "constructor",
    "a.b[0]",
    'it\'s "x" \\ y',
    "datum['v']",
    "${1+1}",
    "\\u0041",
    "', 1); --",
  ];

  test.each(hostile)("of columns: %s", async (name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const sql = `select 'k' || range as ${quoted}, range as v, 'c' as "toString" from range(4)`;
    const value = await draw({ sql, mark: "bar", x: name, y: "v", color: "toString", facet: name });
    expect(value["height"]).toBeGreaterThan(100);
  });

  test("of categories and titles", async () => {
    const rows = hostile.map((name, index) => `('${name.replaceAll("'", "''")}', ${index + 1})`);
    const sql = `from (values ${rows.join()}) t(name, v)`;
    for (const mark of ["bar", "line", "arc", "box"]) {
      const value = await draw({ sql, mark, x: "name", y: "v", color: "name", title: "constructor" });
      expect(value["height"]).toBeGreaterThan(100);
    }
  });
});

describe("what is refused", () => {
  const source = "sales";

  test.each([
    [{ source, mark: "bar", x: "regoin" }, /no column 'regoin' \(did you mean region\?\); the columns are id, sold_at/],
    [{ source, mark: "bar", x: "region", y: "sum(prise)" }, /no column 'prise' \(did you mean price/],
    [{ source, mark: "bar", x: "region", y: "count" }, /no column 'count'; count\(\) counts the rows/],
    [{ source, mark: "bar", x: "region", y: "mean" }, /no column 'mean'; avg takes a column, as in avg\(column\)/],
    [{ source, mark: "bar", x: "month", y: "price" }, /no column 'month'; month takes a column/],
    [{ source, mark: "pie", x: "region" }, /no mark 'pie', use arc; the marks are bar, line/],
    [{ source, mark: "Scatter plot", x: "price" }, /no mark 'Scatter plot', use point/],
    [{ source, mark: "lien", x: "price" }, /no mark 'lien' \(did you mean line\?\)/],
    [{ source, x: "price" }, /the marks are bar, line/],
    [{ source, mark: "bar", x: "region", y: "exec(price)" }, /no function exec; use one of count, sum/],
    [{ source, mark: "bar", x: "region", y: "sum(sold_at)" }, /'sold_at' holds times/],
    [{ source, mark: "bar", x: "region", y: "shop" }, /'shop' holds no numbers/],
    [{ source, mark: "arc", x: "region", y: "margin - 20" }, /no column 'margin - 20'/],
    [{ source, mark: "arc", x: "region", y: "avg(price)" }, /parts of a whole/],
    [{ source, mark: "arc", x: "region", facet: "returned" }, /neither color nor facet/],
    [{ sql: "select * from sales where margin < 0", mark: "arc", x: "region", y: "margin" }, /are negative/],
    [{ source, mark: "heatmap", x: "region" }, /a heatmap needs y/],
    [{ source, mark: "histogram", x: "price", y: "margin" }, /counts the rows by x alone/],
    [{ source, mark: "bar", x: "region", color: "sum(price)" }, /tells the groups apart/],
    [{ sql: "select * from sales where false", mark: "bar", x: "region" }, /has no rows/],
    [{ sql: "select null::double as n, 'a' as k", mark: "bar", x: "k", y: "n" }, /'n' holds nothing but nulls/],
    [{ sql: "select 'nan'::double as n, 'a' as k", mark: "bar", x: "k", y: "n" }, /'n' holds no numbers/],
    [{ sql: "select 1 as a; select 2", mark: "bar", x: "a" }, /^sql cannot be read at ;/],
    [{ mark: "bar", x: "region" }, /give either source/],
    [{ source, sql: "select 1", mark: "bar", x: "region" }, /give either source/],
    [{ source, mark: "bar", x: "region", path: "a.png", format: "svg" }, /must end in \.svg/],
    [{ source, mark: "bar", x: "region", path: "a.pdf" }, /must end in \.png or \.svg/],
  ])("%j", async (input, message) => {
    const result = await folder.call(chart, input);
    expect(result).toMatchObject({
      ok: false,
      code: "invalid_input",
      message: expect.stringMatching(message) as string,
    });
  });

  test("a path outside the workspace", async () => {
    const result = await folder.call(chart, { source, mark: "bar", x: "region", path: "../out.png" });
    expect(result).toMatchObject({ ok: false, code: "not_allowed" });
  });
});

test("the picture in docs/ is what its request gives", async () => {
  const docs = join(import.meta.dirname, "../../docs");
  const request = JSON.parse(await readFile(join(docs, "chart.json"), "utf8")) as JsonObject;
  const { path } = await draw(request);
  expect(await readFile(String(path), "utf8")).toBe(await readFile(join(docs, "chart.svg"), "utf8"));
});

test("a picture is part of the reply only where it is asked for, whatever the file is", async () => {
  const input = { source: "cities.csv", mark: "bar", x: "city", y: "inhabitants", format: "svg" };
  const plain = await folder.call(chart, input);
  expect(plain).not.toHaveProperty("images");
  const inline = await folder.call(chart, { ...input, inline: true });
  if (!inline.ok) throw new Error(inline.message);
  const [image, ...others] = inline.images ?? [];
  expect(others).toEqual([]);
  expect(image?.mimeType).toBe("image/png");
  expect(decodePng(Buffer.from(image?.data ?? "", "base64")).count(ink.light)).toBeGreaterThan(300);
  expect(String(inline.value["path"])).toMatch(/\.svg$/);
});

test("the specification stays short enough for a reply, and says how many rows it leaves out", async () => {
  const value = await draw({ source: "sales", mark: "point", x: "id", y: "price", color: "shop" });
  expect(JSON.stringify(value).length).toBeLessThan(50_000);
  expect(value["spec"]).toMatchObject({ data: { name: "table" }, usermeta: { rows: 3_000, rows_shown: 5 } });
});

test("characters that the font lacks are told of", async () => {
  const value = await draw({ sql: "select '東京' as city, 3 as n", mark: "bar", x: "city", y: "n" });
  expect(value["notes"]).toEqual([expect.stringMatching(/no shape for (東 京|京 東)/)]);
  const known = await draw({
    sql: "select 'Αθήνα, Москва, Łódź, Việt' as city, 3 as n",
    mark: "bar",
    x: "city",
    y: "n",
  });
  expect(known).not.toHaveProperty("notes");
});

test("an abort leaves no file, and the next chart is drawn", async () => {
  const stop = new AbortController();
  const sql = "select a.range as x, 1 as y from range(100000000) a, range(1000) b";
  const running = folder.call(chart, { sql, mark: "bar", x: "x", y: "y", path: "never.png" }, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 300);
  await expect(running).rejects.toThrow("enough");
  await expect(readFile(join(folder.workspace, "never.png"))).rejects.toThrow("ENOENT");
  expect(await draw({ source: "cities.csv", mark: "bar", x: "city", y: "inhabitants" })).toMatchObject({
    status: "done",
  });
});
