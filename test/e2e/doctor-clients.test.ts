import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { clients } from "../../src/cli/install/clients.ts";
import { temporaryFolder } from "../support/config.ts";
import { runCli } from "../support/run-cli.ts";
import { alone, builtServer } from "../support/server.ts";

const timeout = 180_000;
const fixtures = new URL("../fixtures/clients/", import.meta.url);
const report = z.object({
  checks: z.array(
    z.object({ name: z.string(), status: z.string(), detail: z.string(), advice: z.string().optional() }),
  ),
});

function openHome() {
  const home = temporaryFolder();
  const project = join(home, "shop");
  mkdirSync(project);
  const fileOf = (id: string) => clients[id]?.file({ platform: process.platform, home, environment: {} }) ?? "";
  const settle = (id: string, text: string | object) => {
    mkdirSync(dirname(fileOf(id)), { recursive: true });
    writeFileSync(fileOf(id), typeof text === "string" ? text : JSON.stringify(text));
  };
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runCli(args, { cwd: project, env: { HOME: home, PATH: "/usr/bin:/bin", ...env }, timeoutMs: timeout });
  return {
    home,
    project,
    fileOf,
    settle,
    run,
    /** An `axoner` that does something of its own first. */
    script(text: string): string {
      mkdirSync(join(home, "bin"), { recursive: true });
      const path = join(home, "bin", "axoner");
      writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return path;
    },
    async diagnose(env: Record<string, string> = {}) {
      const { stdout } = await run(["doctor", "--json", "--within", "60"], env);
      return new Map(report.parse(JSON.parse(stdout)).checks.map((check) => [check.name, check]));
    },
  };
}

const real = `exec '${process.execPath}' '${builtServer}' "$@"`;

test(
  "every client's settings, realistic ones, are found and the server starts as each starts it",
  { timeout },
  async () => {
    const { settle, run, diagnose, fileOf } = openHome();
    for (const [id, { format }] of Object.entries(clients)) {
      settle(id, readFileSync(new URL(`${id}.${format}`, fixtures), "utf8"));
      expect(await run(["install", id])).toMatchObject({ code: 0 });
    }
    const found = await diagnose();
    for (const [id, { title, startsInProject }] of Object.entries(clients)) {
      const folder = startsInProject ? "this folder" : "/";
      expect(found.get(id)).toMatchObject({
        status: startsInProject ? "ok" : "warning",
        detail: expect.stringMatching(
          `"axoner" starts in ${folder} as ${title} starts it.*, and answers a call${startsInProject ? "$" : ", but it reads no files"}`,
        ) as string,
      });
      expect(found.get(id)?.detail).toContain(fileOf(id));
    }
  },
);

test("of each client that cannot use it the reason is told, and what to do", { timeout }, async () => {
  const { home, settle, script, diagnose } = openHome();
  const started = join(home, "started");
  const other = { command: "/bin/sh", args: ["-c", `touch ${started}`] };
  settle("cursor", { mcpServers: { axoner: { command: "/opt/node-22/bin/node", args: [builtServer] }, other } });
  settle("vscode", { servers: { axoner: { command: process.execPath, args: ["/old/axoner/dist/mcp-server.js"] } } });
  settle("gemini", '{ "mcpServers": { "axoner": ');
  settle("zed", { context_servers: { axoner: other } });
  settle("codex", '[mcp_servers.axoner]\ncommand = "axoner"\nargs = ["mcp"]\n');
  settle("claude-desktop", { mcpServers: { tables: { command: "axoner", args: ["mcp"] } } });
  settle("windsurf", {
    mcpServers: { axoner: { command: script("echo 'cannot find module x' >&2; exit 3"), args: [] } },
  });
  settle("lm-studio", {
    mcpServers: { axoner: { command: process.execPath, args: [builtServer, "--root", "/gone"] } },
  });
  settle("claude-code", {
    mcpServers: { axoner: { type: "stdio", command: process.execPath, args: "mcp" }, x: other },
  });
  // the shell knows an axoner, and programs with windows do not
  const found = await diagnose({ PATH: `${join(home, "bin")}:/usr/bin:/bin` });
  const expected: Record<string, [status: string, detail: RegExp, advice: RegExp]> = {
    cursor: ["problem", /starts \/opt\/node-22\/bin\/node, which is not there/, /axoner install cursor again.*Cursor/],
    vscode: ["problem", /\/old\/axoner\/dist\/mcp-server\.js, which is not there/, /axoner install vscode again/],
    gemini: ["problem", /settings\.json is not valid JSON: .* at line 1/, /correct the file/],
    zed: ["warning", /has a server "axoner" that is another program/, /--replace/],
    codex: ["problem", /cannot find module x/, /axoner install codex again/],
    "claude-desktop": [
      "problem",
      /Claude Desktop finds no axoner in its PATH \(/,
      /axoner install claude-desktop writes absolute paths/,
    ],
    windsurf: ["problem", /it said: cannot find module x/, /axoner install windsurf again/],
    "lm-studio": ["problem", /--root \/gone is not there/, /axoner install lm-studio again/],
    "claude-code": ["warning", /another program/, /see what it is/],
  };
  for (const [id, [status, detail, advice]] of Object.entries(expected)) {
    const { status: is, detail: said = "", advice: told = "" } = found.get(id) ?? {};
    expect({ id, status: is, said, told }).toEqual({
      id,
      status,
      said: expect.stringMatching(detail) as string,
      told: expect.stringMatching(advice) as string,
    });
  }
  expect(existsSync(started)).toBe(false);
});

test("a client's folder and its few variables are the server's", { timeout }, async () => {
  const { home, project, settle, script, diagnose } = openHome();
  const program = script(`env > '${home}/'"$2".env; pwd > '${home}/'"$2".folder; shift 2; ${real}`);
  const entry = (id: string) => ({ axoner: { command: program, args: ["mcp", id], env: { GIVEN: id } } });
  settle("claude-desktop", { mcpServers: entry("claude-desktop") });
  settle("cursor", { mcpServers: entry("cursor") });
  settle("claude-code", { mcpServers: entry("claude-code") });
  const shell = { OPENAI_API_KEY: "sk-of-the-shell", PATH: `/only/in/the/shell:/usr/bin:/bin`, ...alone };
  const found = await diagnose(shell);
  const about = (id: string) => ({
    environment: Object.fromEntries(
      readFileSync(join(home, `${id}.env`), "utf8")
        .split("\n")
        .map((line) => line.split("=")),
    ) as Record<string, string>,
    folder: readFileSync(join(home, `${id}.folder`), "utf8").trim(),
  });
  for (const id of ["claude-desktop", "cursor", "claude-code"]) {
    expect(found.get(id)?.detail).toContain("and answers a call");
    expect(about(id).environment["GIVEN"]).toBe(id);
  }
  expect(about("claude-desktop").folder).toBe("/");
  expect(about("claude-desktop").environment["PATH"]).not.toContain("/only/in/the/shell");
  expect(about("cursor").environment["PATH"]).toContain("/only/in/the/shell");
  for (const id of ["claude-desktop", "cursor"]) expect(about(id).environment).not.toHaveProperty("OPENAI_API_KEY");
  expect(about("claude-code")).toMatchObject({ folder: project, environment: { OPENAI_API_KEY: "sk-of-the-shell" } });
});

test("where there are no settings nothing is started, and one line says so", { timeout }, async () => {
  const { settle, diagnose } = openHome();
  settle("zed", "// nothing yet\n{}\n");
  const found = await diagnose();
  expect(found.get("zed")).toMatchObject({
    status: "ok",
    detail: expect.stringMatching(/axoner is not in .*axoner install zed/) as string,
  });
  expect(found.get("other clients")?.detail).toMatch(
    /^no settings here of claude-desktop, claude-code, cursor, .*lm-studio$/,
  );
});

test(
  "what a client has in this folder alone is tried, and what is switched off or another program is not",
  { timeout },
  async () => {
    const { home, project, settle, diagnose } = openHome();
    const started = join(home, "started");
    const axoner = { command: process.execPath, args: [builtServer] };
    const fake = join(home, "dist", "mcp-server.js");
    mkdirSync(dirname(fake));
    writeFileSync(fake, `require("node:fs").writeFileSync(${JSON.stringify(started)}, "")`);
    settle("claude-code", { mcpServers: {}, projects: { [project]: { mcpServers: { axoner } } } });
    settle("windsurf", { mcpServers: { axoner: { ...axoner, disabled: true } } });
    settle(
      "codex",
      `[mcp_servers.axoner]\ncommand = "${process.execPath}"\nargs = ["${builtServer}"]\nenabled = false\n`,
    );
    settle("cursor", { mcpServers: { tables: { command: process.execPath, args: [fake] } } });
    const found = await diagnose();
    expect(found.get("claude-code")).toMatchObject({
      status: "ok",
      detail: expect.stringContaining("answers a call") as string,
    });
    for (const id of ["windsurf", "codex"]) {
      expect(found.get(id)).toMatchObject({
        status: "warning",
        detail: expect.stringContaining("is switched off") as string,
      });
    }
    expect(found.get("cursor")?.detail).toContain("axoner is not in");
    expect(existsSync(started)).toBe(false);
  },
);
