import { expect, test } from "vitest";
import { commands } from "../../../src/cli/commands.ts";
import { findCandidates, type Known } from "../../../src/cli/completion/candidates.ts";
import { options } from "../../../src/config/options.ts";

const known: Known = {
  tools: async () => [{ value: "scrape", text: "many URLs" }, { value: "calculate" }],
  sessions: async () => [{ value: "trip", text: "line\none\u001b[31m" }, { value: "$(reboot)" }],
  providers: async () => [{ value: "openai" }, { value: "groq" }],
  models: async (provider) => [{ value: `${provider ?? "any"}-1` }],
};

async function complete(...words: string[]) {
  const { found, paths } = await findCandidates(words, known);
  return paths === "none" ? found.map(({ value }) => value) : paths;
}

test("the first word is a command, every one of them", async () => {
  expect(await complete("")).toEqual(Object.keys(commands));
  expect(await complete("in")).toEqual(["install"]);
  expect(await complete("--root", "a", "to")).toEqual(["tool"]);
});

test("every option of the configuration and of the command is offered, once unless it may be repeated", async () => {
  const all = await complete("run", "--");
  const flags = [...Object.keys(options), "config"].map((key) => `--${key.replaceAll("_", "-")}`);
  expect(all).toEqual(expect.arrayContaining([...flags, "--file", "--json", "--events", "--resume", "--help"]));
  const left = await complete("run", "--model", "x", "--root", "y", "--json", "--");
  expect(left).toContain("--root");
  expect(left).not.toContain("--model");
  expect(left).not.toContain("--json");
});

test.each([
  [
    ["install", "cla"],
    ["claude-desktop", "claude-code"],
  ],
  [
    ["install", "cursor", "--p"],
    ["--plugin", "--provider", "--prices", "--print"],
  ],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  [
    ["engine", "st"],
    ["status", "stop"],
  ],
  [["tool", "sc"], ["scrape"]],
  [["tool", "scrape", ""], []],
  [
    ["sessions", "e"],
    ["expire", "export"],
  ],
  [["sessions", "show", ""], ["trip"]],
  [["sessions", "show", "trip", ""], []],
  [["sessions", "delete", "x", "t"], ["trip"]],
  [
    ["sessions", "delete", "--f"],
    ["--fallback", "--force"],
  ],
  [["sessions", "import", ""], "files"],
  [["run", "--session", "t"], ["trip"]],
  [["run", "--session=t"], ["--session=trip"]],
  [
    ["run", "--log-level", ""],
    ["silent", "error", "warn", "info", "debug"],
  ],
  [["run", "--root", ""], "folders"],
  [["run", "--output-schema", ""], "files"],
  [["run", "--config=/e"], "files"],
  [["run", "--tools", "scrape,"], ["scrape,calculate"]],
  [["mcp", "--no-tools=c"], ["--no-tools=calculate"]],
  [["run", "--provider", "g"], ["groq"]],
  [["run", "--provider", "groq", "--model", ""], ["groq-1"]],
  [["run", "--fallback", "o"], ["openai/"]],
  [["run", "--fallback", "openai/"], ["openai/openai-1"]],
  [
    ["run", "--approve", "scrape=a"],
    ["scrape=always", "scrape=ask"],
  ],
  [["run", "--", "--lo"], []],
  [["nonsense", "constructor", ""], []],
  [["sessions", "constructor", ""], []],
  [[], Object.keys(commands)],
])("%j becomes %j", async (words, expected) => {
  const found = await complete(...words);
  expect(typeof found === "string" ? found : found.toSorted()).toEqual(
    typeof expected === "string" ? expected : [...expected].toSorted(),
  );
});

test("what a shell could run, and what a terminal would obey, is not given", async () => {
  expect((await findCandidates(["sessions", "show", ""], known)).found).toEqual([
    { value: "trip", text: "line one [31m" },
  ]);
});
