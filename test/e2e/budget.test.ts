import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The budget's outcome for what a server loads until its first reply, in a copy of the sources. */
async function checkCopy(change: (copy: string) => void): Promise<{ code: number; output: string }> {
  const copy = join(temporaryFolder(), "copy");
  for (const part of ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  change(copy);
  const args = [join(copy, "scripts/budget.ts"), "--stages", "first reply"];
  try {
    return { code: 0, output: (await promisify(execFile)(process.execPath, args)).stdout };
  } catch (thrown) {
    const { code, stdout } = thrown as { code: number; stdout: string };
    return { code, output: stdout };
  }
}

test("a heavy import at the start is over the budget, which names it and who imports it", async () => {
  const { code, output } = await checkCopy((copy) => {
    const front = join(copy, "src/mcp/serve-stdio.ts");
    const heavy = 'import Papa from "papaparse";\nObject.assign(globalThis, { Papa });\n';
    writeFileSync(front, heavy + readFileSync(front, "utf8"));
  });
  expect([code, output]).toEqual([1, expect.stringContaining("first reply: ")]);
  expect(output).toMatch(
    /^ {2}new: papaparse \(\d{4,} bytes\), imported by src\/mcp\/serve-stdio\.ts, imported by src\/front\.ts$/m,
  );
}, 120_000);

test("sources as they are keep to it", async () => {
  expect(await checkCopy(() => {})).toEqual({ code: 0, output: "" });
}, 120_000);
