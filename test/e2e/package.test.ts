import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer } from "../support/model-server.ts";

vi.setConfig({ testTimeout: 60_000 }); // compilers start in several of them

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const packages = join(root, "node_modules");
const packed = mkdtempSync(join(tmpdir(), "axoner-test-"));
afterAll(() => rmSync(packed, { recursive: true, force: true }));
/** The tarball that `npm publish` would send. */
let tarball: string;
beforeAll(async () => {
  const shell = process.platform === "win32"; // npm is a script there
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", packed], { cwd: root, shell });
  tarball = join(packed, readdirSync(packed)[0] ?? "");
});

/** A project of a user's own into which the package is unpacked, beside what an install would bring. */
async function install(): Promise<string> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", folder]);
  renameSync(join(folder, "package"), join(folder, "node_modules/axoner"));
  for (const name of ["zod", "p-map", "undici", "eventsource-parser", "@types/node", "undici-types"]) {
    symlinkSync(join(packages, name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  cpSync(join(root, "examples/embedded"), folder, { recursive: true });
  return folder;
}

test("publint finds nothing wrong with the package", async () => {
  const { stdout } = await run(process.execPath, [join(packages, "publint/src/cli.js"), "run", tarball, "--strict"]);
  expect(stdout).toContain("All good!");
});

interface Analysis {
  types: unknown;
  entrypoints: object;
  problems: { kind: string; resolutionKind: string }[];
}

test("its types resolve for every way to import it that an ESM package has", async () => {
  const attw = join(packages, "@arethetypeswrong/cli/dist/index.js");
  const { stdout } = await run(process.execPath, [attw, tarball, "--profile", "esm-only", "--format", "json"]);
  const { analysis } = JSON.parse(stdout) as { analysis: Analysis };
  expect(Object.keys(analysis.entrypoints)).toEqual([".", "./testing", "./package.json"]);
  expect(analysis.types).toMatchObject({ kind: "included" });
  const ignored = ["node10", "node16-cjs"]; // what knows no `exports`, and `require`
  expect(analysis.problems.filter(({ resolutionKind: kind }) => !ignored.includes(kind))).toEqual([]);
});

test("it holds the program, its types and licences, and no source, test or map", async () => {
  const folder = join(await install(), "node_modules/axoner");
  const documents = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "docs", "examples"];
  expect(readdirSync(folder).toSorted()).toEqual([...documents, "dist", "package.json"].toSorted());
  expect(existsSync(join(folder, "dist/third-party-licences.txt"))).toBe(true);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const program = names.filter((name) => !name.startsWith("examples"));
  expect(program.filter((name) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([]);
});

test("every link of its README leads to something in it, and the two say the same Node", async () => {
  const folder = join(await install(), "node_modules/axoner");
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target ?? "");
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
  const { engines } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { engines: { node: string } };
  expect(readme).toContain(`Node ${engines.node.replace(">=", "")} or newer`);
});

test("an agent of a few lines runs against a model that speaks OpenAI's format", async () => {
  const server = await openModelServer([
    { tool_calls: [{ name: "rain", input: { city: "Lyon" } }] },
    "Take an umbrella: 80 %.",
  ]);
  onTestFinished(() => server.close());
  const env = { PATH: process.env["PATH"] ?? "", OPENAI_BASE_URL: `${server.origin}/v1` };
  const { stdout } = await run(process.execPath, ["agent.ts"], { cwd: await install(), env });
  expect(stdout).toBe("Take an umbrella: 80 %.\n");
});

test("a provider, a store and a tool of a user's own pass the contracts, in Node's own test runner", async () => {
  const args = ["--test", "--test-reporter=tap", "own-parts.test.ts"];
  const { stdout } = await run(process.execPath, args, { cwd: await install(), env: { PATH: process.env["PATH"] } });
  expect(stdout).toMatch(/^# fail 0$/m);
  const passed = /^# pass (\d+)$/m.exec(stdout)?.[1];
  expect(Number(passed)).toBeGreaterThan(40);
});

test("the examples are typed end to end, and what the library declares is checked with them", async () => {
  const folder = await install();
  const tsc = join(packages, "typescript/bin/tsc");
  // without skipLibCheck: our declarations must stand on what an install brings
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--types", "node", "--erasableSyntaxOnly"];
  const check = (...files: string[]) =>
    run(process.execPath, [tsc, ...options, "--allowImportingTsExtensions", ...files], { cwd: folder });
  await check("agent.ts", "own-parts.test.ts");
  const wrong = `import { defineTool } from "axoner";
import { z } from "zod";
export const half = defineTool({
  name: "half",
  description: "Half of a number.",
  input: z.object({ n: z.number() }),
  output: z.object({ half: z.number() }),
  run: async ({ n }) => ({ half: n.length }),
});
`;
  writeFileSync(join(folder, "wrong.ts"), wrong);
  await expect(check("wrong.ts")).rejects.toMatchObject({ stdout: expect.stringContaining("'length' does not exist") });
});
