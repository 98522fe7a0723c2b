import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { alone } from "../support/server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const folder = mkdtempSync(join(tmpdir(), "axoner test ")); // a name with blanks, as users have
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The Node of these tests comes first, also for what npx starts by its shebang. */
const env = Object.fromEntries(
  Object.entries({ ...process.env, ...alone, HOME: join(folder, "home") }).flatMap(([name, value]) =>
    // what an `npm test` has told its own children is not for an npm in another folder
    value === undefined || /^npm_/i.test(name) ? [] : [[name, value]],
  ),
);
env["PATH"] = [dirname(process.execPath), process.env["PATH"]].join(delimiter);

function run(command: "npm" | "npx", args: string[], cwd = folder) {
  const shell = process.platform === "win32"; // both are scripts there
  return promisify(execFile)(command, args, { cwd, env, shell, timeout: 240_000 });
}

beforeAll(async () => {
  const cache = (await promisify(execFile)("npm", ["config", "get", "cache"])).stdout.trim();
  Object.assign(env, { npm_config_cache: cache, npm_config_update_notifier: "false" });
  mkdirSync(join(folder, "packed"));
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", join(folder, "packed")], root);
  const tarball = join(folder, "packed", readdirSync(join(folder, "packed"))[0] ?? "");
  writeFileSync(join(folder, "package.json"), "{}"); // so that npm looks for no project above
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball]);
}, 300_000);

test("what npm has installed from the package starts by npx", async () => {
  expect((await run("npx", ["--no-install", "axoner", "--version"])).stdout).toContain(version);
});

test("a client that starts `npx axoner mcp` lists the tools and calls what needs native code", async () => {
  const client = new Client({ name: "test", version: "1" });
  const args = ["--no-install", "axoner", "mcp", "--root", folder];
  onTestFinished(() => client.close());
  await client.connect(new StdioClientTransport({ command: "npx", args, cwd: folder, env }));
  expect(client.getServerVersion()).toMatchObject({ name: "axoner", version });
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain("query_data");
  const result = await client.callTool({ name: "query_data", arguments: { sql: "select 6 * 7 as answer" } });
  expect(result.structuredContent).toMatchObject({ rows: [[42]] });
});
