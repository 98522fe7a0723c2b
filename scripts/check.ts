/**
 * Everything that can be said about the source without testing it: format, lint, types, generated files, unused code, and,
 * of what is built from it, how much is loaded at the start.
 * Every check runs, whatever the others say; what failed shows its output.
 */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import pMap from "p-map";

const root = join(import.meta.dirname, "..");
const path = [join(root, "node_modules/.bin"), process.env["PATH"]].join(delimiter);

const checks = [
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint"] },
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "generated files", command: ["node", "scripts/generate.ts", "--check"] },
  { name: "unused code", command: ["knip", "--no-progress"] },
  { name: "budget of what is loaded", command: ["node", "scripts/budget.ts"] },
] as const;

type Check = (typeof checks)[number];

/** Run one check and report it. True where it passed. */
async function run({ name, command: [program, ...args] }: Check): Promise<boolean> {
  const started = performance.now();
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  const exit = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [code, output, errors] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (code !== 0) console.log(`${output}${errors}`.trimEnd());
  return code === 0;
}

const passed = await pMap(checks, run, { concurrency: 2 });
process.exitCode = passed.every(Boolean) ? 0 : 1;
