import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startsAxoner } from "../../../src/cli/install/starts-axoner.ts";
import { temporaryFolder } from "../../support/config.ts";

function packageNamed(name: string): string {
  const folder = join(temporaryFolder(), "program");
  mkdirSync(join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name }));
  for (const file of ["mcp-server.js", "cli.js"]) writeFileSync(join(folder, "dist", file), "");
  symlinkSync(join(folder, "dist", "cli.js"), join(folder, "axoner"));
  return folder;
}

/** "AXONER" and "ACME" stand for packages of that name. */
function inPackages(words: readonly string[]): string[] {
  const folders = { AXONER: packageNamed("axoner"), ACME: packageNamed("acme") };
  return words.map((word) => word.replace("AXONER", folders.AXONER).replace("ACME", folders.ACME));
}

test.each([
  ["axoner", ["mcp"]],
  ["/usr/local/bin/axoner", ["mcp", "--root", "/data"]],
  [String.raw`C:\Programs\axoner.exe`, ["mcp"]],
  ["/opt/axoner-0.1.0-linux-x64", ["mcp"]],
  ["node", ["AXONER/dist/mcp-server.js", "--root", "/data"]],
  ["/usr/bin/node", ["--max-old-space-size=900", "AXONER/dist/cli.js", "mcp"]],
  ["node", ["AXONER/axoner", "mcp"]],
  ["/usr/bin/node", ["/gone/lib/node_modules/axoner/dist/mcp-server.js"]],
  ["/usr/bin/python3.12", ["-m", "axoner", "mcp"]],
  ["npx", ["-y", "axoner"]],
  ["npx.cmd", ["--yes", "axoner@latest", "mcp"]],
  ["cmd", ["/c", "npx", "-y", "axoner", "mcp"]],
  ["uvx", ["--from", "axoner[node]", "axoner", "mcp"]],
  ["uv", ["tool", "run", "axoner", "mcp"]],
  ["npm", ["exec", "--yes", "--", "axoner@0.1", "mcp"]],
])("axoner is started by %s %j", (command, args) => {
  expect(startsAxoner({ command, args: inPackages(args) })).toBe(true);
});

test.each([
  ["node", ["/opt/acme/dist/mcp-server.js"]],
  ["node", ["ACME/dist/mcp-server.js"]],
  ["node", ["ACME/axoner", "mcp"]],
  ["node", ["dist/mcp-server.js"]],
  ["node", ["AXONER/dist/cli.js", "run", "do it"]],
  ["npx", ["-y", "@modelcontextprotocol/server-filesystem", "/home/me/src/axoner"]],
  ["npx", ["-y", "--package", "acme", "axoner", "mcp"]],
  ["npx", ["-y", "axoner-fork", "mcp"]],
  ["npx", ["--registry", "axoner", "acme"]],
  ["ls", ["/home/me/src/axoner"]],
  ["axoner", ["run", "do it"]],
  ["axoner-fork", ["mcp"]],
  ["sh", ["-c", "axoner mcp"]],
  ["python3", ["/home/me/src/axoner"]],
])("another program is started by %s %j", (command, args) => {
  expect(startsAxoner({ command, args: inPackages(args) })).toBe(false);
});

test.each([undefined, "axoner", [], {}, { command: "axoner", args: "mcp" }, { command: "axoner", args: [1] }])(
  "%j starts nothing that is known",
  (entry) => {
    expect(startsAxoner(entry)).toBe(false);
  },
);

test("an executable of another name knows itself, and no other of its arguments", () => {
  const own = { program: "/home/me/ax", entry: "mcp" };
  expect(startsAxoner({ command: "/home/me/ax", args: ["mcp", "--root", "/data"] }, own)).toBe(true);
  expect(startsAxoner({ command: "/home/me/ax", args: ["run", "do it"] }, own)).toBe(false);
  expect(startsAxoner({ command: "/home/me/bx", args: ["mcp"] }, own)).toBe(false);
});
