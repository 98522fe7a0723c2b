import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { run } from "../../src/cli/run.ts";
import { ConfigError } from "../../src/errors.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { temporaryFolder } from "../support/config.ts";
import { startCommand } from "../support/start-command.ts";

describe("axoner run", () => {
  const script: ScriptStep[] = [
    {
      text: "Let me ask.",
      tool_calls: [{ name: "greet", input: { names: ["Ada"] } }],
      usage: { input_tokens: 9, output_tokens: 3 },
    },
    { text: "She says hello.\nTwice.", usage: { input_tokens: 20, output_tokens: 5 } },
  ];

  test("streams the text to stdout and tells the rest on stderr", async () => {
    const { code, stdout, stderr } = await startCommand(run, ["greet Ada"], { script });
    expect(stdout).toBe("Let me ask.\nShe says hello.\nTwice.\n");
    expect(stderr).toMatch(/^greet: done \(\d+\.\d s\)\n2 turns, 1 tool call, 29 tokens in, 8 out; session \S+\n$/);
    expect(code).toBe(0);
  });

  test("--json prints one object at the end", async () => {
    const { code, stdout } = await startCommand(run, ["--json", "greet Ada"], { script, session: "s1" });
    expect(JSON.parse(stdout)).toEqual({
      text: "She says hello.\nTwice.",
      session_id: "s1",
      exit_reason: "finished",
      turns: 2,
      tool_calls: 1,
      usage: { input_tokens: 29, output_tokens: 8 },
      cost_usd: null,
      provider: "scripted",
      model: "scripted",
    });
    expect(code).toBe(0);
  });

  test("--events prints every event as a line of JSON and nothing else", async () => {
    const { stdout, stderr } = await startCommand(run, ["greet Ada", "--events"], { script });
    const types = stdout
      .trimEnd()
      .split("\n")
      .map((line) => z.object({ type: z.string() }).parse(JSON.parse(line)).type);
    expect(new Set(types)).toEqual(
      new Set([
        "turn_started",
        "text",
        "model_replied",
        "tool_started",
        "tool_progress",
        "tool_finished",
        "run_finished",
      ]),
    );
    expect(types.at(-1)).toBe("run_finished");
    expect(stderr).toBe("");
  });

  test("reads the prompt from stdin, and takes one that looks like an option after --", async () => {
    const echo: ScriptStep[] = [({ messages }) => JSON.stringify(messages.at(-1))];
    expect((await startCommand(run, ["-"], { script: echo, stdin: "from stdin" })).stdout).toContain("from stdin");
    expect((await startCommand(run, ["--", "--json"], { script: echo })).stdout).toContain('"--json"');
  });

  test("--output-schema prints the answer as JSON, and nothing of the attempts before it", async () => {
    const schema = join(temporaryFolder(), "schema.json");
    writeFileSync(schema, '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}');
    const steps = ["seven", ({ output }) => JSON.stringify({ n: output?.name === "answer" ? 7 : 0 })] as ScriptStep[];
    const { code, stdout } = await startCommand(run, ["how many?", "--output-schema", schema], { script: steps });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"n":7}\n' });
  });

  test.each([
    ["no file", ["--output-schema"], /needs a file/],
    ["a file that is not there", ["--output-schema=nowhere.json"], /nowhere.json cannot be read/],
  ])("--output-schema with %s is bad usage", async (_what, args, message) => {
    await expect(startCommand(run, ["go", ...args], { script })).rejects.toThrow(message);
  });

  test("--session continues the conversation", async () => {
    const settings = { store: openMemoryStore() };
    await startCommand(run, ["first"], { script: ["one"], session: "s", settings });
    const { stdout } = await startCommand(run, ["second"], {
      script: [({ messages }) => `${messages.length} messages`],
      session: "s",
      settings,
    });
    expect(stdout).toBe("3 messages\n");
  });

  test.each([
    ["a provider that refuses", [{ error: { message: "no credit" } }], 4, /failed: provider_error: no credit/],
    ["a model that refuses", [{ text: "No.", stop_reason: "refusal" }], 4, /the model refused/],
    ["the limit of turns", [script[0], script[0]], 3, /raise --max-turns, or go on with --session/],
  ] as [string, ScriptStep[], number, RegExp][])(
    "%s has an exit code of its own",
    async (_what, steps, code, message) => {
      const result = await startCommand(run, ["go"], { script: steps, settings: { maxTurns: 1 } });
      expect(result.code).toBe(code);
      expect(result.stderr).toMatch(message);
    },
  );

  test("ends with 130 when it is interrupted", async () => {
    const controller = new AbortController();
    const running = startCommand(run, ["go"], {
      script: [{ tool_calls: [{ name: "wait" }] }],
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 50);
    const { code, stderr } = await running;
    expect(code).toBe(130);
    expect(stderr).toContain("cancelled\n");
  });

  test.each([
    ["no prompt", [], /there is no prompt/],
    ["an empty prompt", ["  "], /there is no prompt/],
    ["two prompts", ["greet", "Ada"], /put it in quotes/],
    ["an unknown option", ["go", "--jsn"], /--jsn \(did you mean --json\?/],
    ["two formats", ["go", "--json", "--events"], /either/],
  ])("%s is bad usage", async (_what, args, message) => {
    const running = startCommand(run, args, { script });
    await expect(running).rejects.toThrow(ConfigError);
    await expect(running).rejects.toThrow(message);
  });

  test("a session that cannot be named so is bad usage, and is told", async () => {
    const running = startCommand(run, ["go"], { script, session: "../etc" });
    await expect(running).rejects.toThrow(ConfigError);
    await expect(running).rejects.toThrow('"../etc" cannot name a session');
  });

  test("ends quietly when the reader of its output has gone away", async () => {
    const { code, stderr } = await startCommand(run, ["go"], { script, closedStdout: true });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  });

  test("ends with 130 when it is interrupted while it reads stdin", async () => {
    const controller = new AbortController();
    const running = startCommand(run, ["-"], { stdin: new PassThrough(), signal: controller.signal });
    setImmediate(() => controller.abort());
    expect((await running).code).toBe(130);
  });

  test("a terminal does not obey what the model says", async () => {
    const { stdout } = await startCommand(run, ["go"], { script: ["red \u001b[31malert\u0007"], isTTY: true });
    expect(stdout).toBe("red [31malert\n");
  });

  test.each(["--json", "--events"])("nor does it obey what %s prints", async (format) => {
    const said = "red \u009b31m \u202eevil\u2066";
    const { stdout } = await startCommand(run, [format, "go"], { script: [said], isTTY: true });
    expect(stdout).toContain("red \\u009b31m \\u202eevil\\u2066");
    expect(stdout).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  test("--help says what it takes", async () => {
    expect((await startCommand(run, ["--help"])).stdout).toContain("--events");
  });
});

test("who answered is told, and on stderr why the first did not", async () => {
  const openProvider = () =>
    withFallbacks(
      scriptedProvider([{ error: { message: "no credit left" } }]),
      [{ ...scriptedProvider(["hello"]), name: "groq", model: "x" }],
      Date,
    );
  const settings = () => ({ provider: openProvider() });
  const { stdout, stderr } = await startCommand(run, ["--json", "greet"], { settings: settings() });
  expect(JSON.parse(stdout)).toMatchObject({ provider: "groq", model: "x", text: "hello" });
  expect(stderr).toMatch(/^groq's x answered: no credit left\n/);
  const events = (await startCommand(run, ["--events", "greet"], { settings: settings() })).stdout;
  expect(events).toContain('"provider":"groq","model":"x","fallback_reason":"no credit left"');
});
