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

test("the shell block of the README prints what it promises", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/axoner"), `#!/bin/sh\nexec "${process.execPath}" "${builtCli}" "$@"\n`);
  chmodSync(join(folder, "bin/axoner"), 0o755);

  const [block = ""] = blocks("sh");
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, HOME: join(folder, "bin") };
  const { stdout } = await promisify(execFile)("sh", ["-ec", block], { cwd: folder, env });
  const replies = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
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

test("every file the README links to is there", () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(5);
  for (const path of links) expect(() => readFileSync(new URL(`../../${path}`, import.meta.url))).not.toThrow(/ENOENT/);
});
