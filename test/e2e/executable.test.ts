import { execFile, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { packageFile } from "../support/package-file.ts";
import { alone, startServer } from "../support/server.ts";
import { openSite } from "../support/site.ts";

vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
let executable: string;
beforeAll(async () => {
  const extension = process.platform === "win32" ? ".exe" : "";
  executable = await packageFile(
    `axoner-${version}-${process.platform}-${process.arch}${extension}`,
    "build-binary.mjs",
  );
}, 180_000);

/** A home with a name as people have them, and no Node on PATH. */
function newHome(): string {
  const home = join(temporaryFolder(), "Größer フォルダ");
  mkdirSync(home);
  return home;
}

function environment(home: string) {
  return { PATH: "/nonexistent", HOME: home, ...alone };
}

async function run(home: string, ...args: string[]) {
  const { stdout } = await promisify(execFile)(executable, args, { cwd: home, env: environment(home) });
  return stdout;
}

/** Where the program lies unpacked. */
function unpackedIn(home: string): string[] {
  const above = join(home, ".cache/axoner");
  return existsSync(above) ? readdirSync(above).filter((name) => name.startsWith("program-")) : [];
}

describe.skipIf(process.platform !== "linux")("the single executable", () => {
  test("tells its version, and unpacks itself once, for this user alone", async () => {
    const home = newHome();
    expect(await run(home, "--version")).toBe(`axoner ${version}\n`);
    const [name = "", ...others] = unpackedIn(home);
    expect([name, others]).toEqual([expect.stringMatching(/^program-[0-9a-f]{16}$/), []]);
    const folder = join(home, ".cache/axoner", name);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const before = statSync(join(folder, "dist/cli.js"));
    expect(await run(home, "--version")).toBe(`axoner ${version}\n`);
    expect(statSync(join(folder, "dist/cli.js")).ino).toBe(before.ino);
  });

  test("serves MCP: expressions, SQL, pages small and large, and a chart, each in its process or thread", async () => {
    const home = newHome();
    writeFileSync(join(home, "sales.csv"), "sku,amount\na,1\nb,2\n");
    const page = (size: number) => `<title>told</title><p>${"word ".repeat(size / 5)}</p>`;
    const site = await openSite({ "/small": page(10), "/large": page(6_000_000) });
    onTestFinished(() => site.close());
    const args = ["mcp", "--root", home, "--allow-private", site.host];
    const server = startServer({ program: [executable], args, cwd: home, env: environment(home) });
    const clientInfo = { name: "test", version: "1" };
    const opened = await server.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    expect(opened).toMatchObject({ result: { serverInfo: { name: "axoner", version } } });
    const listed = await server.request("tools/list");
    expect((listed["result"] as { tools: unknown[] }).tools.length).toBeGreaterThan(9);
    expect(await server.call("calculate", { expression: "2^10" })).toMatchObject({
      structuredContent: { result: "1024" },
    });
    expect(await server.call("query_data", { sql: "select sum(amount) as total from 'sales.csv'" })).toMatchObject({
      structuredContent: { rows: [[3]] },
    });
    const urls = ["/small", "/large"].map((path) => site.origin + path);
    expect(await server.call("scrape", { urls })).toMatchObject({ structuredContent: { ok: 2, failed: 0 } });
    const chart = { source: "sales.csv", mark: "bar", x: "sku", y: "amount" };
    expect(await server.call("chart", chart)).toMatchObject({ structuredContent: { status: "done" } });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
  });

  test("its limits of memory and time hold as those of a server that Node runs", async () => {
    const home = newHome();
    const told = promisify(execFile)(executable, ["tool", "calculate", '{"expression": "ones(5000, 5000)"}'], {
      cwd: home,
      env: environment(home),
    });
    await expect(told).rejects.toMatchObject({
      stdout: expect.stringMatching(/"code":"(timeout|too_large|invalid_input)"/),
    });
  });

  test("two that are started at once unpack it both, and both run", async () => {
    const home = newHome();
    expect(await Promise.all([run(home, "--version"), run(home, "--version")])).toEqual([
      `axoner ${version}\n`,
      `axoner ${version}\n`,
    ]);
    expect(unpackedIn(home)).toHaveLength(1);
  });

  test("what was unpacked and lacks a file is unpacked anew", async () => {
    const home = newHome();
    await run(home, "--version");
    const folder = join(home, ".cache/axoner", unpackedIn(home)[0] ?? "");
    rmSync(join(folder, "dist/front.js"), { force: true });
    rmSync(join(folder, "dist/cli.js"));
    expect(await run(home, "--version")).toBe(`axoner ${version}\n`);
  });

  test("what others may write, and a link, it does not run", async () => {
    const home = newHome();
    await run(home, "--version");
    const folder = join(home, ".cache/axoner", unpackedIn(home)[0] ?? "");
    chmodSync(folder, 0o777);
    await expect(run(home, "--version")).rejects.toMatchObject({
      stderr: expect.stringContaining("AXONER_UNPACK_DIR"),
    });
    const other = newHome();
    mkdirSync(join(other, ".cache"));
    symlinkSync(join(home, ".cache/axoner"), join(other, ".cache/axoner"));
    await expect(run(other, "--version")).rejects.toMatchObject({ stderr: expect.stringContaining("is a link") });
  });

  test("registers itself with a client by its own path", async () => {
    const home = newHome();
    const { mcpServers } = JSON.parse(await run(home, "install", "claude-desktop", "--print")) as {
      mcpServers: { axoner: unknown };
    };
    expect(mcpServers.axoner).toEqual({ command: executable, args: ["mcp", "--answer-within", "50s"] });
  });

  test("a copy of it under another name runs too, and serves over HTTP", async () => {
    const home = newHome();
    const copy = join(home, "ax oner");
    copyFileSync(executable, copy);
    const child = spawn(copy, ["mcp", "--http", "127.0.0.1:0"], { cwd: home, env: environment(home) });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = (await once(child.stderr, "data")) as [Buffer];
    expect(String(line)).toMatch(/axoner listens on http:/);
    const ended = text(child.stdout);
    child.kill("SIGTERM");
    expect(await ended).toBe("");
  });
});
