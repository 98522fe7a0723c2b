import { execFile, execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli } from "../support/server.ts";

interface Settings {
  mcpServers: Record<string, { command: string; args: string[] }>;
}

async function axoner(home: string, args: string[], cwd = home) {
  const environment = { HOME: home, PATH: "/usr/bin:/bin" };
  return promisify(execFile)(process.execPath, [builtCli, ...args], { cwd, env: environment, timeout: 60_000 });
}

function settingsIn(home: string): Settings {
  return JSON.parse(readFileSync(join(home, ".cursor/mcp.json"), "utf8")) as Settings;
}

test("the server that was registered starts as the client starts it, in / with few variables", async () => {
  const home = temporaryFolder();
  const folder = join(home, "Dokumente – 資料");
  mkdirSync(folder);
  writeFileSync(join(folder, "sales.csv"), "sku,amount\na,1\n");
  const { stdout } = await axoner(home, ["install", "cursor", "--root", "Dokumente – 資料"]);
  expect(stdout).toContain(`axoner is added to ${join(home, ".cursor/mcp.json")}`);
  const { command = "", args = [] } = settingsIn(home).mcpServers["axoner"] ?? {};
  const client = new Client({ name: "cursor", version: "1" });
  await client.connect(
    new StdioClientTransport({ command, args, cwd: "/", env: { HOME: home, PATH: "/usr/bin:/bin" } }),
  );
  const rows = await client.callTool({ name: "read_rows", arguments: { source: "sales.csv" } });
  await client.close();
  expect(rows.structuredContent).toMatchObject({ columns: ["sku", "amount"], rows: [["a", "1"]] });
  const undone = await axoner(home, ["install", "cursor", "--undo", "--json"]);
  expect(JSON.parse(undone.stdout)).toMatchObject({ done: "restored" });
});

test("--print shows the entry and writes nothing", async () => {
  const home = temporaryFolder();
  const { stdout, stderr } = await axoner(home, ["install", "codex", "--print"]);
  expect(stdout).toMatch(/^\[mcp_servers\.axoner\]\ncommand = "\/.*"\nargs = \["\/.*mcp-server\.js"/);
  expect(stderr).toBe(`belongs into ${join(home, ".codex/config.toml")}\n`);
  await expect(axoner(home, ["install", "codex", "--undo"])).resolves.toMatchObject({
    stdout: expect.stringContaining("nothing to undo") as string,
  });
});

test("alone it lists every client and how things stand there", async () => {
  const home = temporaryFolder();
  await axoner(home, ["install", "cursor"]);
  mkdirSync(join(home, ".gemini"));
  writeFileSync(join(home, ".gemini/settings.json"), "{ nothing");
  const { stdout } = await axoner(home, ["install"]);
  expect(stdout).toMatch(/^cursor +registered +\/.*mcp\.json$/m);
  expect(stdout).toMatch(/^gemini +unreadable +\/.*settings\.json$/m);
  expect(stdout).toMatch(/^zed +no settings +\/.*settings\.json$/m);
});

test.each([
  [["install", "emacs"], 'there is no client "emacs"'],
  [["install", "cursor", "zed"], "takes one client at a time"],
  [["install", "cursor", "--frobnicate"], "axoner install --help"],
  [["install", "cursor", "--name", ""], "--name takes letters"],
  [["install", "cursor", "--name", "a\nb"], "--name takes letters"],
  [["install", "cursor", "--name=--x"], "--name takes letters"],
  [["install", "codex", "--name", 'a"b', "--print"], "--name takes letters"],
  [["install", "cursor", "--database", "shop=postgres://me:secret@db/shop"], "--database has a password in it"],
])("%j is refused, with what to do instead", async (args, message) => {
  const home = temporaryFolder();
  const refused = await axoner(home, args).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string });
  expect(refused).toMatchObject({ stderr: expect.not.stringContaining("secret") as string });
});

test("started in / it registers a server without a folder, says so, and takes it out again", async () => {
  const home = temporaryFolder();
  const { stdout } = await axoner(home, ["install", "claude-desktop"], "/");
  expect(stdout).toContain("run this again with --root DIR");
  const file = join(home, ".config/Claude/claude_desktop_config.json");
  const { args = [] } = (JSON.parse(readFileSync(file, "utf8")) as Settings).mcpServers["axoner"] ?? {};
  expect(args).not.toContain("--root");
  await axoner(home, ["install", "claude-desktop", "--undo"], "/");
  expect(existsSync(file)).toBe(false);
});

const commented = '// mine\n{\n  "mcpServers": {\n    "docs": { "command": "uvx" }, // the internal ones\n  },\n}\n';

describe("settings that are not as they should be", () => {
  test.each([
    ["no JSON", '{ "mcpServers": ', "is not valid JSON"],
    ["another axoner", '{"mcpServers": {"axoner": {"command": "other"}}}', "--replace"],
    ["a pipe", undefined, "is no file"],
  ])("%s: the command fails, says what to do and changes nothing", async (_what, text, message) => {
    const home = temporaryFolder();
    const file = join(home, ".cursor/mcp.json");
    mkdirSync(join(home, ".cursor"));
    if (text === undefined) execFileSync("mkfifo", [file]);
    else writeFileSync(file, text);
    const refused = await axoner(home, ["install", "cursor"]).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) as string });
    expect(text === undefined ? undefined : readFileSync(file, "utf8")).toBe(text);
    expect(readdirSync(join(home, ".cursor"))).toEqual(["mcp.json"]);
    const { stdout } = await axoner(home, ["install"]);
    expect(stdout).toMatch(/^cursor +(unreadable|another server)/m);
  });

  test("comments, commas and a link are kept, and undone to the byte", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, ".cursor"));
    writeFileSync(join(home, "dotfile.json"), commented);
    symlinkSync(join(home, "dotfile.json"), join(home, ".cursor/mcp.json"));
    await axoner(home, ["install", "cursor"]);
    const text = readFileSync(join(home, "dotfile.json"), "utf8");
    expect(text).toContain("// mine\n");
    expect(text).toContain("// the internal ones");
    expect(text).toContain('"axoner"');
    await axoner(home, ["install", "cursor", "--undo"]);
    expect(readFileSync(join(home, ".cursor/mcp.json"), "utf8")).toBe(commented);
    expect(lstatSync(join(home, ".cursor/mcp.json")).isSymbolicLink()).toBe(true);
  });
});
