import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { shells } from "../../src/cli/commands.ts";
import { openStore } from "../../src/session/index.ts";
import { sessionVerbs } from "../../src/cli/sessions/arguments.ts";
import { temporaryFolder } from "../support/config.ts";
import { runCli } from "../support/run-cli.ts";
import { builtCli } from "../support/server.ts";
import { openTerminal } from "../support/terminal.ts";

type Shell = (typeof shells)[number];

function find(shell: Shell): string | undefined {
  return ["/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    .map((folder) => join(folder, shell))
    .find((path) => existsSync(path));
}

/** How a shell starts without the settings of whoever runs the tests, and with a prompt that is known. */
const starts: Record<Shell, { args: string[]; prompt: string }> = {
  bash: { args: ["--norc", "--noprofile", "-i"], prompt: "PS1='ready> '" },
  zsh: { args: ["-f", "-i"], prompt: "PS1='ready> '; unsetopt list_beep" },
  fish: {
    args: ["--no-config", "-i"],
    prompt: "function fish_prompt; echo 'ready> '; end; function fish_right_prompt; end",
  },
};

async function workPlace(): Promise<{ cwd: string; environment: NodeJS.ProcessEnv }> {
  const cwd = temporaryFolder();
  for (const folder of ["bin", "sales", "no-home/.config"]) mkdirSync(join(cwd, folder), { recursive: true });
  writeFileSync(join(cwd, "my file.txt"), "");
  writeFileSync(join(cwd, "bin", "axoner"), `#!/bin/sh\nexec '${process.execPath}' '${builtCli}' "$@"\n`, {
    mode: 0o755,
  });
  const store = await openStore(`file:${join(cwd, ".axoner/sessions")}`, {});
  await store.append("trip", 0, [{ role: "user", text: "where to?" }]);
  await store.close();
  const environment = { PATH: `${join(cwd, "bin")}:/usr/bin:/bin`, HOME: join(cwd, "no-home"), LANG: "C.UTF-8" };
  return { cwd, environment };
}

describe.each(shells)("in %s", (shell) => {
  const program = find(shell);
  test.skipIf(program === undefined)("a person who presses TAB gets the word", { timeout: 240_000 }, async () => {
    const { cwd, environment } = await workPlace();
    const { args, prompt } = starts[shell];
    const terminal = openTerminal([program ?? "", ...args], { columns: 120, rows: 40, cwd, environment });
    onTestFinished(() => terminal.close());
    const script = (await runCli(["completion", shell], { cwd })).stdout;
    writeFileSync(join(cwd, `axoner.${shell}`), script);
    terminal.type(`${prompt}\r`);
    terminal.type(`source ./axoner.${shell}; clear\r`);
    await expect.poll(() => terminal.lines().at(-1), { timeout: 20_000 }).toMatch(/^ready>\s*$/);
    const cases = [
      ["axoner insta", "axoner install "],
      ["axoner install curs", "axoner install cursor "],
      ["axoner tool calcu", "axoner tool calculate "],
      ["axoner run --outpu", "axoner run --output-schema "],
      ["axoner run --log-level de", "axoner run --log-level debug "],
      ["axoner run --log-level=de", "axoner run --log-level=debug "],
      ["axoner sessions show tri", "axoner sessions show trip "],
      ["axoner run --root sal", "axoner run --root sales/"],
      ["axoner run --tools scrape,calcu", "axoner run --tools scrape,calculate "],
      ["axoner run --store sqli", "axoner run --store sqlite:"],
      ["axoner run --file my", "axoner run --file my\\ file.txt "],
      ["axoner run --root=sal", "axoner run --root=sales/"],
    ] as const;
    for (const [typed, becomes] of cases) {
      terminal.type(`\u0015${typed}\t`);
      const line = () => `${terminal.lines().findLast((one) => one.startsWith("ready>")) ?? ""} `;
      await expect.poll(line, { timeout: 15_000 }).toContain(`ready> ${becomes}`);
    }
  });
});

test("what completes asks for nothing and makes nothing", async () => {
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await runCli(["completion", "words", "--", "sessions", "show", ""], { cwd });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "none\n", stderr: "" });
  expect(existsSync(join(cwd, ".axoner"))).toBe(false);
  const broken = await runCli(["completion", "words", "--", "run", "--max-turns", "none", "--session", ""], { cwd });
  expect(broken).toMatchObject({ code: 0, stdout: "none\n", stderr: "" });
});

test("a shell that there is no script for is bad usage", async () => {
  const cwd = temporaryFolder();
  const refused = await runCli(["completion", "powershell"], { cwd });
  expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("bash, zsh, fish") as string });
});

test("the help of `axoner sessions` names all that it reads", async () => {
  const { stdout } = await runCli(["sessions", "--help"], { cwd: temporaryFolder() });
  const flags = Object.values(sessionVerbs).flatMap(({ options }) => Object.keys(options).map((name) => `--${name}`));
  expect([...Object.keys(sessionVerbs), ...flags].filter((word) => !stdout.includes(word))).toEqual([]);
});
