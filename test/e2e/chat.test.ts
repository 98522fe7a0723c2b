import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { ScriptedReply } from "../../src/testing.ts";
import { temporaryFolder } from "../support/config.ts";
import { runCli } from "../support/run-cli.ts";
import { builtCli } from "../support/server.ts";
import { openTerminal, type TestTerminal } from "../support/terminal.ts";

const open: TestTerminal[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((terminal) => terminal.close()));
});

const answer = [
  "# Prices\n\nThe **cheapest** is `b`, see [the list](https://example.com/list).\n\n",
  "| Supplier | Price |\n|---|--:|\n| Ärzte 東京 | 12.50 |\n| b | 3 |\n\n",
  "```js\nconst price = 3; // each\n```\n\n- one\n- two",
].join("");
const calculation: ScriptedReply = {
  text: "Let me see.",
  tool_calls: [{ name: "calculate", input: { expression: "2+3" } }],
  usage: { input_tokens: 1_200, output_tokens: 30 },
};

interface Started {
  folder?: string;
  columns?: number;
  args?: string[];
  environment?: NodeJS.ProcessEnv;
}

function chat(replies: readonly ScriptedReply[], { folder = temporaryFolder(), columns = 80, ...given }: Started = {}) {
  const script = join(folder, "replies.json");
  writeFileSync(script, JSON.stringify(replies));
  const environment = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home"), ...given.environment };
  const args = ["chat", "--provider", "scripted", "--model", script, ...(given.args ?? [])];
  const terminal = openTerminal([process.execPath, builtCli, ...args], { columns, cwd: folder, environment });
  open.push(terminal);
  return { terminal, folder };
}

test("an answer in Markdown is shown as a person reads it", async () => {
  const { terminal } = chat([answer]);
  await terminal.shows("> ");
  terminal.type("Who is cheap?\r");
  await terminal.shows(/two\n[^]*> $/);
  const shown = terminal.lines().join("\n");
  expect(shown).toContain(
    `> Who is cheap?
Prices

The cheapest is b, see the list (https://example.com/list).

Supplier   │ Price
───────────┼──────
Ärzte 東京 │ 12.50
b          │     3

  const price = 3; // each

• one
• two
`,
  );
  expect(terminal.looks().bold).toBeGreaterThan(20);
  expect(terminal.looks().coloured).toBeGreaterThan(5);
  terminal.type("\u0004");
  expect(await terminal.ended).toBe(0);
});

test("nothing is wider than a narrow terminal", async () => {
  const { terminal } = chat([answer], { columns: 40 });
  await terminal.shows("> ");
  terminal.type("hi\r");
  await terminal.shows(/two\n[^]*> $/);
  expect(terminal.lines().join("\n")).toContain("The cheapest is b, see the list\n(https://example.com/list).");
});

test.each([
  ["NO_COLOR", { environment: { NO_COLOR: "1" } }],
  ["--plain", { args: ["--plain"] }],
])("%s shows no colours", async (_, started) => {
  const { terminal } = chat([calculation, answer], started);
  await terminal.shows("> ");
  terminal.type("hi\r");
  await terminal.shows(/two\n[^]*> $/);
  expect(terminal.looks()).toEqual({ bold: 0, dim: 0, coloured: 0 });
});

test("tool calls are told in a line each, and what the conversation costs", async () => {
  const { terminal } = chat([calculation, "It is 5."]);
  await terminal.shows("> ");
  terminal.type("2+3?\r");
  await terminal.shows(/✓ calculate \(\d+\.\d s\) .*"result":"5"[^]*It is 5\./);
  await terminal.shows("1.2k tokens");
  terminal.type("/cost\r");
  expect(await terminal.shows("1200 tokens in, 30 out")).toContain("1200 tokens in, 30 out");
});

describe("what is typed", () => {
  test("lines that end in \\ and what is pasted are one prompt", async () => {
    const { terminal } = chat(["no more", "no more"]);
    await terminal.shows("> ");
    terminal.type("one \\\rtwo\r");
    await terminal.shows("no more");
    terminal.type("/session\r");
    await terminal.shows("one two");
    terminal.type("/session new\r");
    await terminal.shows("a new conversation");
    terminal.type("\u001b[200~three\rfour\r\u001b[201~five\r");
    await terminal.shows(/no more[^]*no more/);
    terminal.type("/session\r");
    expect(await terminal.shows("three four five")).toContain("three four five");
  });

  test("@path puts a file into the prompt, and Tab completes it", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "notes"));
    writeFileSync(join(folder, "notes", "shopping list.txt"), "seventeen apples");
    writeFileSync(join(folder, "notes", "todo.txt"), "buy nineteen pears");
    const { terminal } = chat(["I see."], { folder });
    await terminal.shows("> ");
    terminal.type("read @no\t");
    await terminal.shows("> read @notes/");
    terminal.type("to\t");
    await terminal.shows("> read @notes/todo.txt");
    terminal.type(" please\r");
    await terminal.shows("I see.");
    terminal.type("/undo\r");
    expect(await terminal.shows("buy nineteen pears")).toContain("buy nineteen pears");
  });

  test("is there again in the next chat, with the arrow keys", async () => {
    const { terminal, folder } = chat(["first"]);
    await terminal.shows("> ");
    terminal.type("remember me\r");
    await terminal.shows("first");
    terminal.type("\u0004");
    await terminal.ended;
    const { terminal: next } = chat(["second"], { folder });
    await next.shows("> ");
    next.type("\u001b[A\r");
    expect(await next.shows("second")).toContain("> remember me\nsecond");
  });

  test("a wrong command is told with the right one", async () => {
    const { terminal } = chat(["x"]);
    await terminal.shows("> ");
    terminal.type("/hepl\r");
    await terminal.shows("there is no command /hepl (did you mean /help?)");
    terminal.type("/help\r");
    expect(await terminal.shows("/compact")).toContain("/compact");
  });
});

/** A chat in the middle of a turn that nothing ends: a page that never comes. */
async function inTurn(): Promise<TestTerminal> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const input = { urls: [`http://127.0.0.1:${port}/`], respect_robots: false };
  const slow: ScriptedReply = { tool_calls: [{ name: "scrape", input }] };
  const { terminal } = chat([slow, "never"], { args: ["--allow-private", "127.0.0.1", "--approve", "always"] });
  await terminal.shows("> ");
  terminal.type("scrape\r");
  await terminal.shows(/scrape \{"urls"|scrape: /);
  return terminal;
}

test("Ctrl-C ends a turn, and twice on an empty line leaves", async () => {
  const terminal = await inTurn();
  terminal.type("\u0003");
  await terminal.shows("cancelled");
  await terminal.shows(/cancelled\n[^]*> $/);
  terminal.type("\u0003");
  await terminal.shows("Ctrl-C again to leave");
  terminal.type("\u0003");
  expect(await terminal.ended).toBe(0);
});

test("Ctrl-C twice in a turn leaves at once", async () => {
  const terminal = await inTurn();
  terminal.type("\u0003\u0003");
  expect(await terminal.ended).toBe(130);
});

test("control characters of a model do not reach the terminal", async () => {
  const { terminal } = chat(["safe \u001b[2J\u001b]0;title\u0007 text \u202e reversed"]);
  await terminal.shows("> ");
  terminal.type("hi\r");
  expect(await terminal.shows("safe [2J]0;title text  reversed")).toContain("safe [2J]0;title text  reversed");
});

test("a name under which nothing is kept begins a conversation, and says so", async () => {
  const { terminal } = chat(["x"]);
  await terminal.shows("> ");
  terminal.type("/session nope\r");
  await terminal.shows("a new conversation (nothing is kept under nope yet)");
  terminal.type("/undo\r");
  await terminal.shows("there is nothing to take back");
  terminal.type("@nope.txt what\r");
  const notice = "no file is attached for @nope.txt: there is none of that name";
  expect(await terminal.shows(notice)).toContain("a new conversation (nothing is kept under nope yet)");
});

test("--plain draws nothing anew: no code reaches the terminal, and Ctrl-C twice leaves", async () => {
  const { terminal } = chat([calculation, "It is 5."], { args: ["--plain", "--approve", "always"] });
  await terminal.shows("> ");
  terminal.type("what is 2+3? \\\n");
  await terminal.shows("… ");
  terminal.type("quick\n");
  await terminal.shows(/It is 5\.\n[^]*> $/);
  terminal.type("\u0003");
  await terminal.shows("Ctrl-C again to leave");
  terminal.type("\u0003");
  expect(await terminal.ended).toBe(0);
  expect(terminal.written()).not.toContain("\u001b");
});

test("a conversation is forked, and another one gone to", async () => {
  const { terminal } = chat(["one", "two"], { args: ["--session", "trip"] });
  await terminal.shows("> ");
  terminal.type("hello\r");
  await terminal.shows("one");
  terminal.type("/fork other\r");
  await terminal.shows("other goes on from here; trip stays as it is");
  terminal.type("more\r");
  await terminal.shows("two");
  terminal.type("/session trip\r");
  expect(await terminal.shows("trip: hello (2 messages)")).toContain("trip: hello (2 messages)");
});

test("nobody else comes into the conversation of a chat, and what comes from elsewhere is told", async () => {
  const { terminal, folder } = chat(["one", "two"], { args: ["--session", "trip"] });
  await terminal.shows("> ");
  const second = chat(["one"], { folder, args: ["--session", "trip"] }).terminal;
  await second.shows(/session trip is in use by another run or chat \(process\s+\d+/);
  expect(await second.ended).toBe(1);
  const model = ["--provider", "scripted", "--model", join(folder, "replies.json")];
  const refused = await runCli(["run", "hi", "--session", "trip", ...model], { cwd: folder });
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/in use by another run or chat/);
  const elsewhere = ["--workspace", join(folder, "elsewhere"), "--store", `file:${join(folder, ".axoner/sessions")}`];
  expect((await runCli(["run", "hi", "--session", "trip", ...model, ...elsewhere], { cwd: folder })).code).toBe(0);
  terminal.type("hello\r");
  await terminal.shows(/session trip has grown by 2 messages/);
  await terminal.shows("one");
  terminal.type("\u0004");
  expect(await terminal.ended).toBe(0);
  expect((await runCli(["run", "on", "--session", "trip", ...model], { cwd: folder })).code).toBe(0);
});

describe("without a terminal or a model", () => {
  test("it says what to do", async () => {
    const folder = temporaryFolder();
    const environment = { PATH: process.env["PATH"] ?? "", HOME: folder };
    const terminal = openTerminal([process.execPath, builtCli, "chat"], { columns: 100, cwd: folder, environment });
    open.push(terminal);
    expect(await terminal.ended).toBe(2);
    await terminal.shows("Set ANTHROPIC_API_KEY");
  });
});
