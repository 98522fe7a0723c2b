import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { runCli } from "../support/run-cli.ts";

const model = ["--provider", "scripted", "--model", "replies.json"];

function folderWithModel(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "replies.json"), '["one"]');
  return folder;
}

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
