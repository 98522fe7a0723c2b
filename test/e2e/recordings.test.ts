import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { recordedRuns, toPortable } from "../support/recorded-runs.ts";
import { runCli } from "../support/run-cli.ts";
import { blocksIn, runBlock } from "../support/shell-block.ts";

const guide = readFileSync(new URL("../../docs/replay.md", import.meta.url), "utf8");
const folder = join(import.meta.dirname, "../fixtures/recordings");

// Where what is said to the model has changed on purpose, `node scripts/record-runs.ts` records them anew.
test.each(recordedRuns)("the run $name ends as it did when it was recorded", async ({ name, args }) => {
  const cwd = temporaryFolder();
  const { stdout, stderr } = await runCli([...args, "--replay", join(folder, `${name}.jsonl`)], { cwd });
  expect(stderr).toBe("");
  expect(toPortable(stdout, cwd)).toBe(readFileSync(join(folder, `${name}.events.jsonl`), "utf8"));
});

test("the block of docs/replay.md gives the same twice, which cmp says", async () => {
  const [last] = await runBlock(blocksIn(guide, "sh")[0] ?? "");
  expect(last).toMatchObject({ type: "run_finished", text: "It is 10.5." });
});
