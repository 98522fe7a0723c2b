import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli } from "../support/server.ts";
import { runCli } from "../support/run-cli.ts";

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
  expect(stderr).toMatch(/^axoner: the output cannot be written: ENOSPC.*; make room on the disk.*\n$/);
  expect(code).toBe(1);
});

test("what is set for a tool that there is not is refused where it is nearly one's name, and else said", async () => {
  const cwd = folderWithModel();
  const misspelt = await runCli(["run", "hi", "--approve", "exprot_data=never", ...model], { cwd });
  expect(misspelt).toMatchObject({ code: 2, stdout: "" });
  expect(misspelt.stderr).toMatch(/there is no tool "exprot_data" \(did you mean export_data\?\)/);
  const strange = await runCli(["run", "hi", "--approve", "order_lunch=never,job=ask", ...model], { cwd });
  expect(strange).toMatchObject({ code: 0, stdout: "one\n" });
  expect(strange.stderr).toMatch(/there is no tool "order_lunch" now/);
  expect(strange.stderr).not.toContain('"job"');
});
