import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { blocksIn, runBlock } from "../support/shell-block.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("the shell block of the README prints what it promises", async () => {
  const replies = await runBlock(blocksIn(readme, "sh")[0] ?? "");
  expect(replies).toHaveLength(5);
  expect(replies).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 1 }),
      expect.objectContaining({
        id: 2,
        result: expect.objectContaining({ structuredContent: expect.objectContaining({ rows: [[3]] }) }),
      }),
      expect.objectContaining({ id: 3 }),
      expect.objectContaining({ columns: ["largest"], rows: [[32]] }),
      expect.objectContaining({ text: "Oslo sold most.", exit_reason: "finished" }),
    ]),
  );
});

test("the data block of the README profiles, joins, draws and exports", async () => {
  const [profile, joined, chart, exported] = await runBlock(blocksIn(readme, "sh")[1] ?? "");
  expect(profile).toMatchObject({ row_count: 3, problems: [{ line: 4, code: "missing_cells" }] });
  expect(joined).toMatchObject({
    columns: ["sku", "revenue"],
    rows: [
      ["0007", 250],
      ["0042", 159.92],
    ],
    notes: [expect.stringContaining("line 4 of 'orders.csv'")],
  });
  expect(chart).toMatchObject({ path: expect.stringMatching(/exports.revenue\.png$/) });
  expect(exported).toMatchObject({ row_count: 2, size_bytes: expect.any(Number) });
});

test("every file the README links to is there", () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(5);
  for (const path of links) expect(() => readFileSync(new URL(`../../${path}`, import.meta.url))).not.toThrow(/ENOENT/);
});
