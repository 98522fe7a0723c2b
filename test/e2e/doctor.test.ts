import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { temporaryFolder } from "../support/config.ts";
import { freePort } from "../support/free-port.ts";
import { runCli } from "../support/run-cli.ts";
import { openSite, reply } from "../support/site.ts";
import { makeSqlite } from "../support/sqlite-file.ts";

const odd = fileURLToPath(new URL("../support/odd-mcp-server.ts", import.meta.url));
const key = "sk-live-0123456789abcdef";
const timeout = 120_000;
const patient = ["--within", "60"];

const report = z.strictObject({
  status: z.enum(["ok", "warning", "problem"]),
  checks: z.array(
    z.strictObject({
      name: z.string().min(1),
      status: z.enum(["ok", "warning", "problem"]),
      detail: z.string().min(1),
      advice: z.string().min(1).optional(),
    }),
  ),
});

type Options = Parameters<typeof runCli>[1];

/** What was found, by what it is about. */
async function diagnose(args: readonly string[], options: Options) {
  const { code, stdout, stderr } = await runCli(["doctor", "--json", ...args], { timeoutMs: timeout, ...options });
  const { status, checks } = report.parse(JSON.parse(stdout));
  return { code, stdout, stderr, status, found: new Map(checks.map((check) => [check.name, check])) };
}

describe("axoner doctor", { timeout }, () => {
  test("finds nothing wrong where nothing is, and leaves nothing behind", async () => {
    const cwd = temporaryFolder();
    const servers = { mcpServers: { odd: { command: process.execPath, args: [odd] } } };
    writeFileSync(join(cwd, "servers.json"), JSON.stringify(servers));
    const args = ["--model", "m", "--mcp-config", "servers.json", "--database", "own=sqlite:own.db", ...patient];
    makeSqlite(join(cwd, "own.db"), "create table t (a integer)");
    const { code, found, stdout } = await diagnose(args, { cwd, env: { OPENAI_API_KEY: key } });
    const problems = [...found.values()].filter(({ status }) => status === "problem");
    expect(problems).toEqual([]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(key);
    expect(found.get("provider")?.detail).toContain("openai, model m; its service was not asked");
    expect(found.get("mcp odd")?.detail).toMatch(/^\d+ tools$/);
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(["SQL", "pages", "charts", "expressions", "engine", "db own"]),
    );
    expect(readdirSync(join(cwd, ".axoner", "tmp"))).toEqual([]);
    const sessions = await runCli(["sessions", "list", "--json"], { cwd });
    expect(JSON.parse(sessions.stdout)).toEqual({ sessions: [] });
  });

  test("says what is wrong with a configuration that no other command can use", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "axoner.cfg"), '{"max_turns": 0, "colour": "red"', { mode: 0o600 });
    const args = ["--config", "axoner.cfg", ...patient];
    const { code, found } = await diagnose(args, { cwd });
    expect(code).toBe(1);
    expect(found.get("configuration")).toMatchObject({
      status: "problem",
      detail: expect.stringContaining("is not JSON") as string,
    });
    expect(found.get("SQL")).toMatchObject({ status: "ok" });
    expect((await runCli(["sessions", "--config", "axoner.cfg"], { cwd })).code).toBe(2);
  });

  test("refuses keys that others can read, and does not show them", async () => {
    const cwd = temporaryFolder();
    const folder = join(cwd, "no-home", ".config", "axoner");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "axoner.json"), JSON.stringify({ keys: { OPENAI_API_KEY: key } }), { mode: 0o644 });
    const { code, stdout, stderr } = await runCli(["doctor", ...patient], { cwd, timeoutMs: timeout });
    expect(code).toBe(1);
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(
      / problem configuration \S+ holds keys but others can read it → run: chmod 600/,
    );
    expect(stdout + stderr).not.toContain(key);
    expect(stdout).not.toContain("\u001b");
  });

  test("waits for nothing that hangs or is not there, and tells no password", async () => {
    const cwd = temporaryFolder();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const servers = {
      mcpServers: { hanging: { command: "sleep", args: ["300"] }, absent: { command: "no-such-program" } },
    };
    writeFileSync(join(cwd, "servers.json"), JSON.stringify(servers));
    const env = {
      AXONER_STORE: `redis://:passw0rd-1@127.0.0.1:${await freePort()}`,
      AXONER_DATABASE: `silent=postgres://reader:passw0rd-2@127.0.0.1:${port}/shop`,
    };
    const { code, found, stdout } = await diagnose(["--mcp-config", "servers.json", "--within", "8"], { cwd, env });
    expect(code).toBe(1);
    for (const name of ["sessions", "db silent", "mcp hanging", "mcp absent"]) {
      expect(found.get(name)).toMatchObject({ status: "problem", advice: expect.any(String) as string });
    }
    expect(found.get("db silent")?.detail).toMatch(/no answer within 8 s|did not answer/);
    expect(stdout).not.toContain("passw0rd");
  });

  test("names the thing that is wrong, and what to do about that one", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "ends.mjs"), "process.exit(0);");
    writeFileSync(join(cwd, "waits.mjs"), "await new Promise(() => setInterval(() => {}, 1_000));");
    const plugins = ["--plugin", "ends.mjs", "--plugin", "waits.mjs"];
    const model = ["--provider", "openai", "--model", "m", "--base-url", `http://127.0.0.1:${await freePort()}/v1`];
    const args = [...plugins, ...model, "--database", "x=sqlite:nope.db", "--online", "--within", "8"];
    const { found } = await diagnose(args, { cwd, env: { OPENAI_API_KEY: key } });
    expect(found.get("plugin ends.mjs")?.detail).toContain("ends.mjs ended the process that loaded it");
    expect(found.get("plugin waits.mjs")?.advice).toContain("waits.mjs waits or loops while it is loaded");
    expect(found.get("db x")?.advice).toMatch(/see that \S+nope\.db is an SQLite database, .*--database x=sqlite:FILE/);
    expect(found.get("provider")?.advice).toMatch(/a server of models answers at 127\.0\.0\.1:\d+, .*--base-url/);
    const record = await diagnose(["--record", "/nope/x", ...patient], { cwd });
    expect(record.found.get("engine")?.advice).toBe("name a new file in a folder that is there with --record");
    const replay = await diagnose(["--replay", "/nope/x", ...patient], { cwd });
    expect(replay.found.get("engine")?.advice).toBe("name one that --record made with --replay");
    writeFileSync(join(cwd, "axoner.json"), JSON.stringify({ approve: "sometimes" }));
    const project = await diagnose(patient, { cwd });
    expect(project.found.get("configuration")?.detail).toMatch(/axoner\.json: "approve" must be always, ask, never/);
  });

  test.each([
    { status: 200, expected: { status: "ok" } },
    { status: 401, expected: { status: "problem", advice: "set a key that is valid, and may be used from here" } },
  ])("asks the model's service only with --online, and only for its models ($status)", async ({ status, expected }) => {
    const cwd = temporaryFolder();
    const site = await openSite({ "/v1/models": reply("{}", {}, status) });
    onTestFinished(site.close);
    const args = ["--provider", "openai", "--model", "m", "--base-url", `${site.origin}/v1`, ...patient];
    const env = { OPENAI_API_KEY: key };
    await diagnose(args, { cwd, env });
    expect(site.requested).toEqual([]);
    const { found } = await diagnose([...args, "--online"], { cwd, env });
    expect(found.get("provider")).toMatchObject(expected);
    expect(site.requested).toEqual(["/v1/models"]);
  });

  test("refuses what it does not know as bad usage", async () => {
    const cwd = temporaryFolder();
    for (const args of [["--colour"], ["--within", "soon"], ["--within", "0"], ["me"]]) {
      const { code, stdout, stderr } = await runCli(["doctor", ...args], { cwd });
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("axoner doctor") as string,
      });
    }
  });
});
