import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolders, makeFoldersSync } from "../src/make-folders.ts";
import { temporaryFolder } from "./support/config.ts";

const ways = [
  { way: "at once", make: async (path: string, mode?: number) => makeFoldersSync(path, mode) },
  { way: "in the background", make: makeFolders },
];

describe.each(ways)("folders made $way", ({ make }) => {
  test("come with those above them, and stay where they are there", async () => {
    const path = join(temporaryFolder(), "a", "b");
    await Promise.all([make(path, 0o700), make(path, 0o700)]);
    await make(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  });

  test("are refused where a file has the name, or that of one above", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    await expect(make(file)).rejects.toMatchObject({ code: "EEXIST" });
    await expect(make(join(file, "a"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  test.runIf(existsSync("/proc/self"))("are refused where the system makes none, and nothing hangs", async () => {
    await expect(make("/proc/axoner/sessions")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
