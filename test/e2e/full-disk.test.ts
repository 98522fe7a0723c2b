import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli } from "../support/server.ts";

const model = ["--provider", "scripted", "--model", "replies.json"];

function folderWithModel(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "replies.json"), '["one"]');
  return folder;
}

test
  .runIf(process.platform === "linux")
  .each([
    ["run", "hi", ...model],
    ["run", "hi", "--json", ...model],
    ["run", "hi", "--events", ...model],
    ["tool"],
    ["--help"],
  ])("a full disk is told in one line: %s %s %s", async (...args) => {
  const cwd = folderWithModel();
  const env = { PATH: process.env["PATH"] ?? "", HOME: cwd, NODE: process.execPath, CLI: builtCli };
  const ended = Promise.withResolvers<{ code: unknown; stderr: string }>();
  execFile("sh", ["-c", 'exec "$NODE" "$CLI" "$@" > /dev/full', "sh", ...args], { cwd, env }, (error, _out, stderr) =>
    ended.resolve({ code: error?.code ?? 0, stderr }),
  );
  const { code, stderr } = await ended.promise;
  expect(stderr).toMatch(/(?:^|\n)axoner: the output cannot be written: ENOSPC.*; make room on the disk.*\n$/);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(1);
});
