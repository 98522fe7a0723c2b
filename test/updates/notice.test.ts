import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRegistry } from "../../src/config/updates.ts";
import { howToUpdate, isNewer } from "../../src/updates/notice.ts";
import { readUpdateState, writeUpdateState } from "../../src/updates/state.ts";
import { temporaryFolder } from "../support/config.ts";

test.each([
  ["0.2.0", "0.1.9", true],
  ["1.0.0", "0.99.99", true],
  ["0.1.10", "0.1.9", true],
  ["0.1.0", "0.1.0", false],
  ["0.1.0", "0.2.0", false],
  ["9.9.9", "0.0.0-source", false],
])("whether %s comes after %s: %s", (latest, current, expected) => {
  expect(isNewer(latest, current)).toBe(expected);
});

test.each([
  ["not JSON", "{"],
  ["a list", "[1]"],
  ["a version that a terminal would obey", '{"latest": "9.9.9\\u001b[31m"}'],
  ["times to come", '{"askedAt": 1e300, "toldAt": 1e300}'],
  ["too much", `{"latest": "9.9.9", "more": "${"x".repeat(20_000)}"}`],
])("a file with %s is as good as none", async (_what, text) => {
  const path = join(temporaryFolder(), "updates.json");
  writeFileSync(path, text);
  expect(await readUpdateState(path)).toEqual({ askedAt: 0, toldAt: 0, latest: undefined });
});

test("what is written is read again, and where nothing can be written that is said", async () => {
  const folder = temporaryFolder();
  const state = { askedAt: 5, toldAt: 7, latest: "1.2.3" };
  expect(await writeUpdateState(join(folder, "a/b/updates.json"), state)).toBe(true);
  expect(await readUpdateState(join(folder, "a/b/updates.json"))).toEqual(state);
  writeFileSync(join(folder, "file"), "kept");
  expect(await writeUpdateState(join(folder, "file/updates.json"), state)).toBe(false);
  mkdirSync(join(folder, "folder.json"));
  expect(await writeUpdateState(join(folder, "folder.json"), state)).toBe(false);
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("kept");
});

test("the registry is the one that npm is told to use", () => {
  expect(readRegistry({}).href).toBe("https://registry.npmjs.org/");
  expect(readRegistry({ npm_config_registry: "https://mirror.example/npm" }).href).toBe("https://mirror.example/npm/");
  expect(readRegistry({ npm_config_registry: "file:///etc/passwd" }).href).toBe("https://registry.npmjs.org/");
});

test("an update is made as the program was installed", () => {
  expect(howToUpdate("/home/me/.venv/lib/python3.12/site-packages/axoner/server/cli.js")).toContain("pip install");
  expect(howToUpdate("/home/me/.npm/_npx/1f2e/node_modules/axoner/dist/cli.js")).toContain("npx axoner@latest");
  expect(howToUpdate("/home/me/.cache/axoner/0.1.0/cli.js", "/home/me/bin/ax")).toBe(
    "Update: put the new file in place of /home/me/bin/ax",
  );
  expect(howToUpdate("/usr/lib/node_modules/axoner/dist/cli.js")).toContain("npm install -g axoner@latest");
});
