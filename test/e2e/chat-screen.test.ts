import { createServer } from "node:http";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer, replyEvents, stream, toStream } from "../support/model-server.ts";
import { builtCli } from "../support/server.ts";
import { openTerminal, type TestTerminal } from "../support/terminal.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

function start(args: readonly string[], columns: number, environment: NodeJS.ProcessEnv = {}): TestTerminal {
  const folder = temporaryFolder();
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home"), ...environment };
  const terminal = openTerminal([process.execPath, builtCli, "chat", ...args], {
    columns,
    cwd: folder,
    environment: env,
  });
  open.push(terminal);
  return terminal;
}

function chat(replies: readonly string[], columns = 80, environment: NodeJS.ProcessEnv = {}): TestTerminal {
  const script = join(temporaryFolder(), "replies.json");
  writeFileSync(script, JSON.stringify(replies));
  return start(["--provider", "scripted", "--model", script], columns, environment);
}

describe("a screen that changes its size", () => {
  /** An answer of which only the beginning comes. */
  async function unfinished(text: string, columns: number) {
    const [begin = ""] = replyEvents({ text: "" });
    const chunk = begin.replace('"content":""', `"content":${JSON.stringify(text)}`);
    const server = await openModelServer([stream([toStream([chunk])], "hang")]);
    open.push(server);
    const terminal = start(
      ["--provider", "openai-chat", "--model", "mock", "--base-url", `${server.origin}/v1`],
      columns,
    );
    await terminal.shows("> ");
    terminal.type("go\r");
    return terminal;
  }

  const words = Array.from({ length: 30 }, (_, at) => `word${String(at).padStart(2, "0")}`).join(" ");

  test.each([
    [80, 40],
    [40, 100],
  ])("from %i to %i columns draws an answer that still grows anew, once", async (from, to) => {
    const terminal = await unfinished(words, from);
    await terminal.shows("word29");
    terminal.resize(to);
    const first = words.slice(0, words.lastIndexOf(" ", to));
    await terminal.shows(new RegExp(`^${first}$`, "m"));
    terminal.type("\u0003");
    await terminal.shows(/cancelled/);
    const shown = terminal.lines().join("\n");
    expect(shown.match(/word00/g)).toHaveLength(1);
    expect(shown.match(/word29/g)).toHaveLength(1);
    expect(terminal.lines().every((line) => line.length <= to)).toBe(true);
  });

  test("keeps what is being typed, and what is answered fits", async () => {
    const terminal = chat([`${words}\n\n| a | b |\n|---|---|\n| ${"x".repeat(30)} | ${"y".repeat(30)} |`]);
    await terminal.shows("> ");
    terminal.type("what is the longest word that you know");
    await terminal.shows("that you know");
    terminal.resize(40);
    await terminal.shows(/> what is the longest word/);
    terminal.type("?");
    await terminal.shows(/know\s*\?/); // drawn by a chat that has heard of the new size
    terminal.type("\r");
    await terminal.shows(/yyy[^]*> $/);
    expect(terminal.lines().every((line) => line.length <= 40)).toBe(true);
    expect(terminal.lines().join("\n")).toMatch(/word00 word01 word02 word03 word04\nword05/);
  });
});

describe("other scripts", () => {
  const scripts = [
    "שלום עולם: המחיר הוא 12.50 ₪",
    "مرحبا بالعالم، السعر ١٢٫٥٠",
    "한국어와 日本語と中文",
    "👩‍👩‍👧 family, é as two, 🇫🇷",
  ];
  const table = `| Name | Price |\n|---|--:|\n| שלום | 12 |\n| 東京都庁 | 3 |\n| Ärzte | 450 |`;

  test.each([80, 40])("stand in tables and lines of %i columns as they were written", async (columns) => {
    const terminal = chat([`${scripts.map((line) => `- ${line}`).join("\n")}\n\n${table}`], columns);
    await terminal.shows("> ");
    terminal.type("東京 שלום\r");
    await terminal.shows(/450\n[^]*> $/);
    const shown = terminal.lines().join("\n");
    expect(shown).toContain("> 東京 שלום\n");
    for (const line of scripts) expect(shown).toContain(`• ${line}`);
    expect(shown).toContain(`Name     │ Price\n─────────┼──────\nשלום     │    12\n東京都庁 │     3\nÄrzte    │   450`);
  });

  test("that are wide are broken where the screen ends", async () => {
    const terminal = chat(["東".repeat(50)], 41);
    await terminal.shows("> ");
    terminal.type("go\r");
    await terminal.shows(/東\n[^]*> $/);
    expect(terminal.lines().filter((line) => line.includes("東"))).toEqual([
      "東".repeat(20),
      "東".repeat(20),
      "東".repeat(10),
    ]);
  });
});

describe("links", () => {
  const answer = [
    "[the list](https://example.com/a?b=c#d)",
    "[evil](javascript:alert(1))",
    "[file](file:///etc/passwd)",
    "[bank.example](https://elsewhere.example/)",
    "<me@example.com>",
    "[broken](https://a.example/\u001b]8;;x\u0007)",
  ].join("\n\n");

  test("can be clicked where the terminal is known for it, and nothing else can", async () => {
    const terminal = chat([answer], 80, { TERM_PROGRAM: "WezTerm", TERM_PROGRAM_VERSION: "20240203-110809" });
    await terminal.shows("> ");
    terminal.type("go\r");
    await terminal.shows(/broken[^]*> $/);
    const links = [...terminal.written().matchAll(/\u001b\]8;;([^\u0007]*)\u0007/g)].map(([, href]) => href);
    expect(new Set(links)).toEqual(
      new Set([
        "https://example.com/a?b=c#d",
        "",
        "https://elsewhere.example/",
        "mailto:me@example.com",
        "https://a.example/]8;;x",
      ]),
    );
    const shown = terminal.lines().join("\n");
    expect(shown).toContain("\nthe list\n");
    expect(shown).toContain("evil (javascript:alert(1))");
    expect(shown).toContain("bank.example (https://elsewhere.example/)");
  });

  test.each([
    ["others", {}],
    ["a multiplexer in one that is", { TERM_PROGRAM: "WezTerm", TERM_PROGRAM_VERSION: "20240203", TMUX: "/tmp/x,1,0" }],
    ["an old one", { TERM_PROGRAM: "iTerm.app", TERM_PROGRAM_VERSION: "3.0.9" }],
    ["one whose user wants none", { WT_SESSION: "1", FORCE_HYPERLINK: "0" }],
  ])("are spelled out in %s", async (_what, environment) => {
    const terminal = chat([answer], 80, environment);
    await terminal.shows("> ");
    terminal.type("go\r");
    expect(await terminal.shows(/broken[^]*> $/)).toContain("the list (https://example.com/a?b=c#d)");
    expect(terminal.written()).not.toContain("\u001b]8");
  });
});

describe("the first start without a model", () => {
  test("tells what to do in three lines, and which servers there are", async () => {
    const server = createServer((_request, response) =>
      response.end('{"data": [{"id": "llama3.2:3b\\u001b[2J; rm x"}]}'),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push({ close: async () => void server.close() });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const terminal = start([], 120, { OLLAMA_HOST: `127.0.0.1:${port}` });
    expect(await terminal.ended).toBe(2);
    await terminal.shows("Ollama runs here");
    expect(terminal.lines().join("\n")).toMatch(
      /^No model is set up\. Set ANTHROPIC_API_KEY, .*\nOr use any server of OpenAI's chat format: .*--base-url URL --model MODEL\nOllama runs here: axoner chat --provider openai --base-url http:\/\/127\.0\.0\.1:\d+\/v1 --model 'llama3\.2:3b\[2J; rm x'/,
    );
  });

  test("tells where it has looked when there is none", async () => {
    const terminal = start([], 120, { OLLAMA_HOST: "http://localhost:9" });
    expect(await terminal.ended).toBe(2);
    await terminal.shows(/On this machine none of these answers: Ollama \(9\), LM Studio \(1234\)|runs here/);
  });
});
