import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";
import { temporaryFolder } from "../support/config.ts";

/** The tests run in forks that may not change folder: `process.cwd` is the one thing replaced. */
function startIn(folder: string): void {
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(folder);
  onTestFinished(() => cwd.mockRestore());
}

let home: string;
beforeEach(() => {
  home = temporaryFolder();
  vi.stubEnv("XDG_CONFIG_HOME", join(home, "config"));
  vi.stubEnv("XDG_STATE_HOME", join(home, "state"));
  onTestFinished(() => void vi.unstubAllEnvs());
});

function writeUserFile(content: string): void {
  mkdirSync(join(home, "config/axoner"), { recursive: true });
  writeFileSync(join(home, "config/axoner/axoner.json"), content);
}

test("approval tool by tool: a flag for all leaves what the file says of one", () => {
  startIn(home);
  writeUserFile('{"approve": {"export_data": "never", "crawl": "ask"}}');
  vi.stubEnv("AXONER_APPROVE", "crawl=always,scrape=ask");
  const { config } = readConfig(["--approve", "always", "--approve=scrape=never"]);
  expect(config.approve).toEqual({ "*": "always", export_data: "never", crawl: "always", scrape: "never" });
  expect(() => readConfig(["--approve", "sometimes"])).toThrow(/approve: must be always, ask, never/);
  expect(() => readConfig(["--approve", "scrape=yes"])).toThrow(ConfigError);
  writeUserFile('{"approve": {"scrape": true}}');
  expect(() => readConfig([])).toThrow(/axoner.json: "approve": must be/);
});

test.each([
  [[], '"always"', {}],
  [[], '"ask"', { "*": "ask" }],
  [["--approve", "always"], '{"scrape": "ask"}', { "*": "always", scrape: "ask" }],
  [["--approve", "never"], '{"scrape": "always"}', { "*": "never", scrape: "never" }],
  [["--approve", "scrape=always"], '"never"', { "*": "never", scrape: "never" }],
  [["--approve", "scrape=always"], '{"crawl": "never"}', { scrape: "always", crawl: "never" }],
])("approval %j narrowed by %s is %j", (flags, project, expected) => {
  startIn(home);
  writeFileSync(join(home, "axoner.json"), `{"approve": ${project}}`);
  expect(readConfig(flags).config.approve).toEqual(expected);
});
