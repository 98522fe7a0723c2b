import { execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { builtCli, misbehaving } from "../support/server.ts";

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Run the built command in a folder, with an environment that holds no key. */
function axoner(folder: string, args: string[], stdin = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home") };
    const child = execFile(process.execPath, [builtCli, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}

describe("axoner", () => {
  test("tool query_database asks a configured SQLite file, whose URL is not repeated", async () => {
    const folder = temporaryFolder();
    const made = new DatabaseSync(join(folder, "shop.db"));
    made.exec("create table t (a text); insert into t values ('hello')");
    made.close();
    const ask = (database: string, sql: string) =>
      axoner(folder, [
        "tool",
        "query_database",
        JSON.stringify({ database, sql }),
        "--database",
        "shop=sqlite:shop.db",
      ]);
    const answered = await ask("shop", "select a from t");
    expect(JSON.parse(answered.stdout)).toMatchObject({ rows: [["hello"]] });
    const failed = await ask("shp", "select a from t");
    expect(failed.stdout + failed.stderr).toMatch(/did you mean shop/);
  });

  test("--version prints one line", async () => {
    const { code, stdout } = await axoner(temporaryFolder(), ["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^axoner \d+\.\d+\.\d+\n$/);
  });

  test("--help lists every command and option", async () => {
    const { code, stdout } = await axoner(temporaryFolder(), ["--help"]);
    expect(code).toBe(0);
    for (const word of [
      "run",
      "tool",
      "mcp",
      "--root DIR",
      "--allow-private",
      "--plugin FILE",
      "--max-turns",
      "BRAVE_API_KEY",
    ])
      expect(stdout).toContain(word);
  });

  test.each([
    [["toool"], /no command "toool" \(did you mean tool/],
    [["--bogus"], /--bogus/],
    [["tool", "calcluate", "{}"], /did you mean calculate/],
    [["tool", "calculate", '{"expression": '], /JSON/],
    [["tool", "calculate", "{}", "more"], /one JSON object/],
    [["run", "--jsn", "x"], /--jsn/],
    [["run"], /no prompt/],
    [["run", "hello"], /OPENAI_API_KEY|--provider/],
    [["run", "hello", "--provider", "opnai", "--model", "m"], /did you mean openai/],
    [["--root", "mcp"], /--root/],
  ])("%j ends with 2 and says what to write", async (args, message) => {
    const { code, stdout, stderr } = await axoner(temporaryFolder(), args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
  });

  test("without arguments it shows its help and ends with 2", async () => {
    const { code, stderr } = await axoner(temporaryFolder(), []);
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: axoner COMMAND");
  });
});

describe("axoner tool", () => {
  test("prints the result as JSON", async () => {
    const { code, stdout } = await axoner(temporaryFolder(), ["tool", "calculate", '{"expression": "0.1 + 0.2"}']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "done", result: "0.3" });
  });

  test("prints a failed result as JSON too, and ends with 1", async () => {
    const { code, stdout } = await axoner(temporaryFolder(), ["tool", "calculate", '{"expression": "2 +"}']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: "error", code: "invalid_input" });
  });

  test("reads its input from stdin for -", async () => {
    const { stdout } = await axoner(temporaryFolder(), ["tool", "calculate", "-"], '{"expression": "6 * 7"}');
    expect(JSON.parse(stdout)).toMatchObject({ result: "42" });
  });

  test("lists the tools, a plugin's too", async () => {
    const { stdout } = await axoner(temporaryFolder(), ["tool", "--plugin", misbehaving]);
    for (const name of ["scrape", "query_data", "calculate", "echo"]) expect(stdout).toContain(name);
  });

  test("keeps what a plugin prints out of the result", async () => {
    const { stdout, stderr } = await axoner(temporaryFolder(), ["tool", "print", "--plugin", misbehaving]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "done" });
    expect(stderr).toContain("a tool that prints");
  });

  test("an interrupt ends a call within a second, with 130", async () => {
    const child = spawn(process.execPath, [builtCli, "tool", "ignore_abort", "--plugin", misbehaving], {
      cwd: temporaryFolder(),
    });
    child.stdin.end();
    const exited = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill("SIGINT");
    expect(await exited).toBe(130);
  });
});

describe("axoner run", () => {
  test("lets a scripted model call a tool and continues the session after a restart", async () => {
    const folder = temporaryFolder();
    const script = [{ tool_calls: [{ name: "calculate", input: { expression: "6 * 7" } }] }, "It is 42."];
    writeFileSync(join(folder, "first.json"), JSON.stringify(script));
    writeFileSync(join(folder, "second.json"), JSON.stringify(["As I said, 42."]));
    const run = (prompt: string, model: string) =>
      axoner(folder, ["run", prompt, "--json", "--provider", "scripted", "--model", model, "--session", "sums"]);

    const first = await run("What is 6 * 7?", "first.json");
    expect(JSON.parse(first.stdout)).toMatchObject({
      text: "It is 42.",
      session_id: "sums",
      exit_reason: "finished",
      turns: 2,
      tool_calls: 1,
    });
    const second = await run("And again?", "second.json");
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ text: "As I said, 42.", turns: 1 });
  });

  test("ends with 3 at the limit of turns", async () => {
    const folder = temporaryFolder();
    const endless = Array.from({ length: 5 }, () => ({
      tool_calls: [{ name: "calculate", input: { expression: "1" } }],
    }));
    writeFileSync(join(folder, "endless.json"), JSON.stringify(endless));
    const { code, stdout } = await axoner(folder, [
      "run",
      "go",
      "--json",
      "--provider",
      "scripted",
      "--model",
      "endless.json",
      "--max-turns",
      "2",
    ]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ exit_reason: "max_turns", turns: 2 });
  });

  test("ends with 4 when the provider cannot be reached", async () => {
    const { code, stderr } = await axoner(temporaryFolder(), [
      "run",
      "go",
      "--provider",
      "openai",
      "--model",
      "m",
      "--base-url",
      "http://127.0.0.1:9/v1",
    ]);
    expect(code).toBe(4);
    expect(stderr).toContain("127.0.0.1:9");
  });

  test("reads the prompt from stdin for - and streams the text", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "echo.json"), '["Hello there."]');
    const { stdout } = await axoner(
      folder,
      ["run", "-", "--provider", "scripted", "--model", "echo.json"],
      "say hello",
    );
    expect(stdout).toBe("Hello there.\n");
  });
});
