import { describe, expect, test } from "vitest";
import { tool } from "../../src/cli/tool.ts";
import { toolList } from "../../src/cli/tool-help.ts";
import { ConfigError } from "../../src/errors.ts";
import { startCommand } from "../support/start-command.ts";

describe("axoner tool", () => {
  test("prints the result as one line of JSON and exits 0", async () => {
    const { code, stdout, stderr } = await startCommand(tool, ["greet", '{"names": ["Ada", "Bob"]}']);
    expect(stdout).toBe('{"status":"done","greeting":"Hello Ada and Bob!"}\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("prints a failed result too and exits 1", async () => {
    const { code, stdout } = await startCommand(tool, ["greet", '{"names": ["Ada"], "mood": "cold"}']);
    expect(JSON.parse(stdout)).toEqual({ status: "error", code: "not_allowed", message: "be nice; try mood warm" });
    expect(code).toBe(1);
  });

  test("calls a tool without arguments where none are given, and says what is missing", async () => {
    const { code, stdout } = await startCommand(tool, ["greet"]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "error",
      code: "invalid_input",
      message: expect.stringContaining("names"),
    });
    expect(code).toBe(1);
  });

  test("reads the input from stdin", async () => {
    const { stdout } = await startCommand(tool, ["greet", "-"], { stdin: '{"names": ["Zoë"]}\n' });
    expect(stdout).toContain("Hello Zoë!");
  });

  test("lists the tools with the first sentence of what they do", async () => {
    const { code, stdout } = await startCommand(tool, []);
    expect(stdout).toMatch(/^ {2}greet {2}Greet people\n {2}wait {3}Waits for ever\n/);
    expect(code).toBe(0);
  });

  test("does not cut the first sentence within code", async () => {
    const description = "Evaluate, e.g. `2^200`, `inv([1, 2; 3, 4])`. Exactly.";
    const list = toolList([
      {
        name: "sum",
        description,
        inputSchema: {},
        outputSchema: {},
        hints: { readOnly: true, openWorld: false, long: false },
      },
    ]);
    expect(list).toMatch(/^ {2}sum {2}Evaluate, e\.g\. `2\^200`, `inv\(\[1, 2; 3, 4\]\)`\n/);
  });

  test.each([
    ["greet", "--help"],
    ["--help", "greet"],
  ])("shows what a tool takes: %s %s", async (...args) => {
    const { stdout } = await startCommand(tool, args);
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
    ["an unknown tool", ["gret"], /there is no tool "gret" \(did you mean greet\?/],
    ["an unknown option", ["--hlep"], /does not know the option --hlep/],
    ["unquoted JSON", ["greet", "{names:", "[Ada]}"], /single quotes/],
    ["a list", ["greet", "[1]"], /must be a JSON object.*not a list/],
    ["no JSON", ["greet", '{"names": Ada}'], /character 11: expected a value\n {2}\{"names": Ada\}\n {12}\^/],
  ])("%s is bad usage, and the message helps", async (_what, args, message) => {
    const calling = startCommand(tool, args);
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
    await expect(startCommand(tool, ["greet", input])).rejects.toThrow(
      `not JSON at character ${character}: expected ${wanted}`,
    );
  });

  test("shows progress in place on a terminal, without the control characters of others", async () => {
    const { stderr } = await startCommand(tool, ["greet", '{"names": ["Ada"]}'], { isTTY: true });
    expect(stderr).toBe("greet: 1 of 2, thinking [31mhard\r\u001b[J");
  });

  test("ends with 130 when it is interrupted, with the result on stdout", async () => {
    const controller = new AbortController();
    const calling = startCommand(tool, ["wait"], { signal: controller.signal });
    setImmediate(() => controller.abort());
    const { code, stdout } = await calling;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ status: "error", code: "cancelled" });
  });
});
