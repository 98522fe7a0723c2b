import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli } from "../support/server.ts";

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
  test("in a folder of this user's alone, and that of another version goes", () => {
    const home = temporaryFolder();
    mkdirSync(join(home, ".cache/axoner/compiled-0.0.1"), { recursive: true });
    start({ home });
    const { folder, files } = compiledIn(home);
    expect(files.some((file) => file.endsWith(".cache") || /\/[0-9a-f]+/.test(file))).toBe(true);
    expect(execFileSync("ls", ["-ld", folder], { encoding: "utf8" })).toMatch(/^drwx------/);
    expect(readdirSync(join(home, ".cache/axoner"))).toHaveLength(1);
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
