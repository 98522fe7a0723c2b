import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli, startServer } from "../support/server.ts";

const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 24 * 60 * 60_000);
}

interface Started {
  home: string;
  env?: Record<string, string>;
}

/** What axoner says in a home. */
function start({ home, env = {} }: Started): string {
  return execFileSync(process.execPath, [builtCli, "--help"], {
    env: { PATH: process.env["PATH"], HOME: home, ...env },
    encoding: "utf8",
  });
}

/** Where compiled code is kept in a home, and all that is there. */
function compiledIn(home: string): { folder: string; files: string[] } {
  const above = join(home, ".cache/axoner");
  const [name = ""] = readdirSync(above).filter((one) => one.startsWith("compiled-"));
  const folder = join(above, name);
  return { folder, files: readdirSync(folder, { recursive: true, encoding: "utf8" }) };
}

/** A home in which the folder is made already. */
function homeWithFolder(): { home: string; folder: string } {
  const home = temporaryFolder();
  start({ home });
  const { folder, files } = compiledIn(home);
  expect(files.length).toBeGreaterThan(0);
  return { home, folder };
}

/** The folder again, without what the first start has put there. */
function empty(folder: string): void {
  execFileSync("rm", ["-r", folder]);
  mkdirSync(folder, { mode: 0o700 });
}

describe.skipIf(process.platform === "win32")("compiled code is kept", () => {
  test("in a folder of this user's alone", () => {
    const home = temporaryFolder();
    start({ home });
    const { folder, files } = compiledIn(home);
    expect(files.some((file) => file.endsWith(".cache") || /\/[0-9a-f]+/.test(file))).toBe(true);
    expect(execFileSync("ls", ["-ld", folder], { encoding: "utf8" })).toMatch(/^drwx------/);
  });

  test("beside that of another version in use; what nobody has used for two weeks goes", () => {
    const home = temporaryFolder();
    const other = (name: string, days: number) => {
      const folder = join(home, ".cache/axoner", name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "kept"), "");
      utimesSync(folder, daysAgo(days), daysAgo(days));
    };
    const there = () => readdirSync(join(home, ".cache/axoner")).filter((name) => name.startsWith("compiled-0"));
    other("compiled-0.0.1", 15);
    other("compiled-0.0.2", 13);
    start({ home });
    const own = there().find((name) => !/0\.0\.\d$/.test(name)) ?? "none";
    expect(there()).toEqual(["compiled-0.0.2", own]);
    other("compiled-0.0.1", 15);
    start({ home });
    expect(there()).toEqual(["compiled-0.0.1", "compiled-0.0.2", own]); // looked at once a day
    const folder = join(home, ".cache/axoner", own);
    utimesSync(folder, daysAgo(2), daysAgo(2));
    start({ home });
    expect(there()).toEqual(["compiled-0.0.2", own]);
    expect(statSync(folder).mtimeMs).toBeGreaterThan(daysAgo(1).getTime());
  });

  test("of expressions with what their first calls compile, once; where it is damaged it is made anew", async () => {
    const { home, folder } = homeWithFolder();
    const calculate = async () => {
      const server = startServer({ cwd: temporaryFolder(), env: { HOME: home } });
      await server.request("initialize", initialize);
      const result = await server.call("calculate", { expression: "2 kg + 3 kg" });
      expect(result).toMatchObject({ structuredContent: { result: "5 kg" } });
      server.child.stdin.end();
      await server.exited;
    };
    const kept = () => readdirSync(folder).filter((name) => name.startsWith("math-worker"));
    await calculate();
    const [name = "none", ...others] = kept();
    expect(others).toEqual([]);
    const { size, ino } = statSync(join(folder, name));
    await calculate();
    expect(statSync(join(folder, name)).ino).toBe(ino);
    truncateSync(join(folder, name), size / 2);
    await calculate();
    const whole = readFileSync(join(folder, name));
    expect(whole.byteLength).toBeGreaterThan(size * 0.9);
    // V8 itself does not see that, and runs it
    const damaged = whole.map((byte, at) => (at > 1_000 && at % 997 === 0 ? byte ^ 0xff : byte));
    writeFileSync(join(folder, name), damaged);
    await calculate();
    expect(readFileSync(join(folder, name)).equals(damaged)).toBe(false);
    expect(kept()).toEqual([name]);
  });

  test("no longer for a process whose folder is taken away while it runs, which minds nothing", async () => {
    const { home, folder } = homeWithFolder();
    const server = startServer({ cwd: temporaryFolder(), env: { HOME: home } });
    await server.request("initialize", initialize);
    rmSync(folder, { recursive: true });
    expect(await server.call("calculate", { expression: "sqrt(2)^2" })).toMatchObject({
      structuredContent: { result: "2" },
    });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
    expect(server.stderr()).toBe("");
  });

  test("again where what was kept is damaged", () => {
    const { home, folder } = homeWithFolder();
    for (const file of compiledIn(home).files.filter((one) => one.includes("/")))
      writeFileSync(join(folder, file), "x");
    expect(start({ home })).toContain("Usage: axoner");
  });
});

describe.skipIf(process.platform === "win32")("nothing is kept, and all works", () => {
  test.each([{ AXONER_COMPILE_CACHE: "off" }, { NODE_DISABLE_COMPILE_CACHE: "1" }])("with %j", (env) => {
    const home = temporaryFolder();
    start({ home, env });
    expect(readdirSync(home)).toEqual([]);
  });

  test("where others may write to the folder, or to one above it", () => {
    for (const above of [".", "..", "../.."]) {
      const { home, folder } = homeWithFolder();
      empty(folder);
      chmodSync(join(folder, above), 0o777);
      expect(start({ home })).toContain("Usage: axoner");
      expect(compiledIn(home).files).toEqual([]);
    }
  });

  test("where the folder is a link", () => {
    const { home, folder } = homeWithFolder();
    const elsewhere = temporaryFolder();
    execFileSync("rm", ["-r", folder]);
    chmodSync(elsewhere, 0o700);
    symlinkSync(elsewhere, folder);
    start({ home });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)("where the folder, or one above it, is another user's", () => {
    for (const above of [".", "..", "../.."]) {
      const { home, folder } = homeWithFolder();
      empty(folder);
      chownSync(join(folder, above), 12_345, 12_345);
      expect(start({ home })).toContain("Usage: axoner");
      expect(compiledIn(home).files).toEqual([]);
    }
  });

  test("where the home cannot be written to", () => {
    expect(start({ home: "/proc/no-home" })).toContain("Usage: axoner");
  });
});
