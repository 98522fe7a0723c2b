import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { temporaryFolder } from "../support/config.ts";

const tellLoaded = new URL("../support/tell-loaded.ts", import.meta.url).href;
const root = fileURLToPath(new URL("../..", import.meta.url));

/** A project of a user's own, with axoner and zod installed beside it. */
function project(program: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(dirname(join(root, "package.json")), join(folder, "node_modules/axoner"));
  symlinkSync(join(root, "node_modules/zod"), join(folder, "node_modules/zod"));
  writeFileSync(join(folder, "program.mjs"), program);
  return folder;
}

const double = `
import { defineTool } from "axoner";
import { z } from "zod";
const double = defineTool({
  name: "double",
  description: "Twice a number.",
  input: z.object({ n: z.number() }),
  output: z.object({ twice: z.number() }),
  run: async ({ n }) => ({ twice: 2 * n }),
});`;

test("a program serves tools of its own, and ends with its input", async () => {
  const folder = project(`${double}
import { serve } from "axoner";
process.exitCode = await serve({ tools: [double], name: "doubler", version: "3.2.1" });
`);
  const server = spawn(process.execPath, ["program.mjs"], { cwd: folder });
  const lines: string[] = [];
  server.stdout.on("data", (chunk) => lines.push(String(chunk)));
  const call = { name: "double", arguments: { n: "21" } };
  server.stdin.end(
    [
      { jsonrpc: "2.0", id: 1, method: "initialize", params: {} },
      { jsonrpc: "2.0", id: 2, method: "tools/call", params: call },
    ]
      .map((message) => `${JSON.stringify(message)}\n`)
      .join(""),
  );
  const [code] = (await once(server, "close")) as [number];
  expect(code).toBe(0);
  const replies = lines
    .join("")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  expect(replies).toMatchObject([
    { id: 1, result: { serverInfo: { name: "doubler", version: "3.2.1" }, capabilities: { tools: {} } } },
    { id: 2, result: { structuredContent: { status: "done", twice: 42 } } },
  ]);
});

test("a program runs an agent with a tool of its own and a scripted model", async () => {
  const folder = project(`${double}
import { createAgent } from "axoner";
import { scriptedProvider } from "axoner/testing";
const provider = scriptedProvider([
  { tool_calls: [{ name: "double", input: { n: 4 } }, { name: "double", input: { n: 5 } }] },
  ({ messages }) => messages.filter(({ role }) => role === "tool").map(({ text }) => JSON.parse(text).twice).join(),
]);
const result = await createAgent({ provider, tools: [double] }).complete({ prompt: "go" });
console.log(JSON.stringify(result));
`);
  const { stdout } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder });
  expect(JSON.parse(stdout)).toMatchObject({ text: "8,10", exit_reason: "finished", turns: 2, tool_calls: 2 });
});

test("importing the library loads zod and p-map, and no other package", async () => {
  const folder = project(`await import("axoner");\nawait import("axoner/testing");`);
  const env = { PATH: process.env["PATH"] ?? "", NODE_OPTIONS: `--import=${tellLoaded}` };
  const { stderr } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder, env });
  const packages = [...stderr.matchAll(/^loaded file:\S*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
    ([, name]) => name,
  );
  expect(new Set(packages)).toEqual(new Set(["p-map", "zod"]));
});

test("importing the library does nothing: no file, no process, no timer, no line", async () => {
  const folder = project(`
process.stderr.isTTY; // Node's own assert asks it for colours
const before = process.getActiveResourcesInfo().length;
const listeners = process.eventNames().length;
await import("axoner");
await import("axoner/testing");
await new Promise((resolve) => setImmediate(resolve)); // what read the modules is put away
const left = process.getActiveResourcesInfo().length - before;
console.log(JSON.stringify({ left, listeners: process.eventNames().length - listeners }));
`);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ left: 0, listeners: 0 });
  expect(readdirSync(folder).toSorted()).toEqual(["node_modules", "program.mjs"]);
});
