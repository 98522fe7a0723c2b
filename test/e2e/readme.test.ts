import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli } from "../support/server.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) => block);
}

/** Run a block as somebody would in a new folder. Gives the JSON lines that it prints. */
async function run(block: string): Promise<unknown[]> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/axoner"), `#!/bin/sh\nexec "${process.execPath}" "${builtCli}" "$@"\n`);
  chmodSync(join(folder, "bin/axoner"), 0o755);
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, HOME: join(folder, "bin") };
  const { stdout } = await promisify(execFile)("sh", ["-ec", block], { cwd: folder, env });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

test("the shell block of the README prints what it promises", async () => {
  const replies = await run(blocks("sh")[0] ?? "");
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
  const [profile, joined, chart, exported] = await run(blocks("sh")[1] ?? "");
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
