import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent, type AgentSettings } from "../../src/agent/agent.ts";
import { noServices } from "../../src/agent/no-services.ts";
import type { Command, CommandContext, Output } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { tool } from "../../src/cli/tool.ts";
import { openLocalEngine } from "../../src/engine/local.ts";
import { ConfigError, ToolError } from "../../src/errors.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";

const greet = defineTool({
  name: "greet",
  description: "Greet people. It knows them all.",
  input: z.object({
    names: z.array(z.string()).min(1).describe("whom"),
    mood: z.enum(["warm", "cold"]).optional(),
    times: z.number().int().min(1).max(9).default(1),
    style: z.array(z.object({ tag: z.string().describe("HTML tag"), level: z.number().optional() })).optional(),
  }),
  output: z.object({ greeting: z.string() }),
  async run({ names, mood, times }, { progress }) {
    progress({ done: 1, total: 2, message: "thinking \u001b[31mhard" });
    if (mood === "cold") throw new ToolError("not_allowed", "be nice; try mood warm");
    return { greeting: `Hello ${names.join(" and ")}!`.repeat(times) };
  },
});

const wait = defineTool({
  name: "wait",
  description: "Waits for ever",
  input: z.object({}),
  output: z.object({}),
  run: (_input, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
});

describe("axoner tool", () => {
  test("prints the result as one line of JSON and exits 0", async () => {
    const { code, stdout, stderr } = await start(tool, ["greet", '{"names": ["Ada", "Bob"]}']);
    expect(stdout).toBe('{"status":"done","greeting":"Hello Ada and Bob!"}\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("prints a failed result too and exits 1", async () => {
    const { code, stdout } = await start(tool, ["greet", '{"names": ["Ada"], "mood": "cold"}']);
    expect(JSON.parse(stdout)).toEqual({ status: "error", code: "not_allowed", message: "be nice; try mood warm" });
    expect(code).toBe(1);
  });

  test("calls a tool without arguments where none are given, and says what is missing", async () => {
    const { code, stdout } = await start(tool, ["greet"]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "error",
      code: "invalid_input",
      message: expect.stringContaining("names"),
    });
    expect(code).toBe(1);
  });

  test("reads the input from stdin", async () => {
    const { stdout } = await start(tool, ["greet", "-"], { stdin: '{"names": ["Zoë"]}\n' });
    expect(stdout).toContain("Hello Zoë!");
  });

  test("lists the tools with the first sentence of what they do", async () => {
    const { code, stdout } = await start(tool, []);
    expect(stdout).toMatch(/^ {2}greet {2}Greet people\n {2}wait {3}Waits for ever\n/);
    expect(code).toBe(0);
  });

  test.each([
    ["greet", "--help"],
    ["--help", "greet"],
  ])("shows what a tool takes: %s %s", async (...args) => {
    const { stdout } = await start(tool, args);
    expect(stdout).toBe(
      [
        `axoner tool greet '{"names":["…"]}'`,
        "",
        "Greet people. It knows them all.",
        "",
        "Arguments:",
        "  names  list of string, required",
        "      whom",
        '  mood  "warm" | "cold"',
        "  times  integer",
        "      default 1; 1 to 9",
        "  style  list of object",
        "      tag  string, required",
        "          HTML tag",
        "      level  number",
        "",
        "Result: status, greeting",
        "",
      ].join("\n"),
    );
  });

  test.each([
    ["an unknown tool", ["gret"], /there is no tool "gret"; did you mean greet\?/],
    ["an unknown option", ["--hlep"], /does not know the option --hlep/],
    ["unquoted JSON", ["greet", "{names:", "[Ada]}"], /single quotes/],
    ["a list", ["greet", "[1]"], /must be a JSON object.*not a list/],
    ["no JSON", ["greet", '{"names": Ada}'], /character 11: expected a value\n {2}\{"names": Ada\}\n {12}\^/],
  ])("%s is bad usage, and the message helps", async (_what, args, message) => {
    const calling = start(tool, args);
    await expect(calling).rejects.toThrow(ConfigError);
    await expect(calling).rejects.toThrow(message);
  });

  test.each([
    ["", 1, "a value"],
    ["{names: 1}", 2, "a name in double quotes or }"],
    ['{"a" 1}', 6, "a colon"],
    ['{"a": 1 "b": 2}', 9, "a comma or }"],
    ['{"a": [1 2]}', 10, "a comma or ]"],
    ['{"a": [1,]}', 10, "a value"],
    ['{"a": 1,}', 9, "a name in double quotes"],
    ['{"a": "b', 7, 'a string that ends in "'],
    ['{"a": "\\x"}', 7, 'a string that ends in "'],
    ["{'a': 1}", 2, "a name in double quotes or }"],
    ['{"a": 01}', 8, "a comma or }"],
    ['{"a": tru}', 7, "a value"],
    ['{"a": 1} x', 10, "nothing more"],
    ["{} {}", 4, "nothing more"],
    ['{"a": {"b": [{}, {"c"', 22, "a colon"],
  ])("of %j it says where it breaks", async (input, character, wanted) => {
    await expect(start(tool, ["greet", input])).rejects.toThrow(
      `not JSON at character ${character}: expected ${wanted}`,
    );
  });

  test("shows progress in place on a terminal, without the control characters of others", async () => {
    const { stderr } = await start(tool, ["greet", '{"names": ["Ada"]}'], { isTTY: true });
    expect(stderr).toBe("greet: 1 of 2, thinking [31mhard\r\u001b[2K");
  });

  test("ends with 130 when it is interrupted, with the result on stdout", async () => {
    const controller = new AbortController();
    const calling = start(tool, ["wait"], { signal: controller.signal });
    setImmediate(() => controller.abort());
    const { code, stdout } = await calling;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ status: "error", code: "cancelled" });
  });
});

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
    const { code, stdout, stderr } = await start(run, ["greet Ada"], { script });
    expect(stdout).toBe("Let me ask.\nShe says hello.\nTwice.\n");
    expect(stderr).toMatch(/^greet: done \(\d+\.\d s\)\n2 turns, 1 tool call, 29 tokens in, 8 out; session \S+\n$/);
    expect(code).toBe(0);
  });

  test("--json prints one object at the end", async () => {
    const { code, stdout } = await start(run, ["--json", "greet Ada"], { script, session: "s1" });
    expect(JSON.parse(stdout)).toEqual({
      text: "She says hello.\nTwice.",
      session_id: "s1",
      exit_reason: "finished",
      turns: 2,
      tool_calls: 1,
      usage: { input_tokens: 29, output_tokens: 8 },
    });
    expect(code).toBe(0);
  });

  test("--events prints every event as a line of JSON and nothing else", async () => {
    const { stdout, stderr } = await start(run, ["greet Ada", "--events"], { script });
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
    expect((await start(run, ["-"], { script: echo, stdin: "from stdin" })).stdout).toContain("from stdin");
    expect((await start(run, ["--", "--json"], { script: echo })).stdout).toContain('"--json"');
  });

  test("--session continues the conversation", async () => {
    const settings = { store: openMemoryStore() };
    await start(run, ["first"], { script: ["one"], session: "s", settings });
    const { stdout } = await start(run, ["second"], {
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
      const result = await start(run, ["go"], { script: steps, settings: { maxTurns: 1 } });
      expect(result.code).toBe(code);
      expect(result.stderr).toMatch(message);
    },
  );

  test("ends with 130 when it is interrupted", async () => {
    const controller = new AbortController();
    const running = start(run, ["go"], { script: [{ tool_calls: [{ name: "wait" }] }], signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    const { code, stderr } = await running;
    expect(code).toBe(130);
    expect(stderr).toContain("cancelled\n");
  });

  test.each([
    ["no prompt", [], /there is no prompt/],
    ["an empty prompt", ["  "], /there is no prompt/],
    ["two prompts", ["greet", "Ada"], /put it in quotes/],
    ["an unknown option", ["go", "--jsn"], /--jsn; did you mean --json\?/],
    ["two formats", ["go", "--json", "--events"], /either/],
  ])("%s is bad usage", async (_what, args, message) => {
    const running = start(run, args, { script });
    await expect(running).rejects.toThrow(ConfigError);
    await expect(running).rejects.toThrow(message);
  });

  test("a terminal does not obey what the model says", async () => {
    const { stdout } = await start(run, ["go"], { script: ["red \u001b[31malert\u0007"], isTTY: true });
    expect(stdout).toBe("red [31malert\n");
  });

  test("--help says what it takes", async () => {
    expect((await start(run, ["--help"])).stdout).toContain("--events");
  });
});

interface StartOptions {
  script?: readonly ScriptStep[];
  settings?: Partial<AgentSettings>;
  session?: string;
  stdin?: string;
  isTTY?: boolean;
  signal?: AbortSignal;
}

async function start(command: Command, args: readonly string[], options: StartOptions = {}) {
  const { script = [], settings, session, stdin = "", isTTY = false, signal = new AbortController().signal } = options;
  const stdout: Output & PassThrough = new PassThrough();
  const stderr: Output & PassThrough = new PassThrough();
  const engine = openLocalEngine({ tools: [greet, wait], services: () => noServices });
  const context: CommandContext = {
    session,
    stdin: Readable.from(stdin === "" ? [] : [Buffer.from(stdin)]),
    stdout: Object.assign(stdout, { isTTY }),
    stderr: Object.assign(stderr, { isTTY }),
    signal,
    openEngine: async () => engine,
    openAgent: async () => createAgent({ provider: scriptedProvider(script), engine, ...settings }),
  };
  const printed = Promise.all([text(stdout), text(stderr)]);
  try {
    const code = await command(args, context);
    stdout.end();
    stderr.end();
    const [out, errors] = await printed;
    return { code, stdout: out, stderr: errors };
  } finally {
    await engine.close();
  }
}
