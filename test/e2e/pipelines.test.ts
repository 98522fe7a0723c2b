import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { ScriptedReply } from "../../src/testing.ts";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer, replyEvents, stream, toStream, type Answer } from "../support/model-server.ts";
import { builtCli } from "../support/server.ts";
import { blocksIn } from "../support/shell-block.ts";

const blocks = blocksIn(readFileSync(new URL("../../docs/shell.md", import.meta.url), "utf8"), "bash");
const seen = new Set<string>();

/** The block of the page in which a text stands. */
function blockWith(part: string): string {
  const found = blocks.filter((block) => block.includes(part));
  expect(found).toHaveLength(1);
  seen.add(found[0] ?? "");
  return found[0] ?? "";
}

const picture = Buffer.from("\x89PNG\r\n\x1a\nnot much of a picture", "latin1");
const files: Readonly<Record<string, string | Buffer>> = {
  "notes.txt": "Ärger mit Müller\n",
  "question.txt": Buffer.from("W\xe4re es sch\xf6n? \xdcberhaupt nicht, sagte M\xfcller.\n", "latin1"),
  "old.txt": "pears\napples\n",
  "new.txt": Buffer.from("\ufeffplums\r\napples\r\n", "utf16le"),
  "chart.png": picture,
  "schema.json": '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}',
  "program.bin": Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]),
};

/** Run a block with bash in a folder with files, against a model that answers so. `codes` are those of its last pipeline. */
async function run(block: string, answers: readonly Answer[], environment: NodeJS.ProcessEnv = {}) {
  const server = await openModelServer(answers);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/axoner"), `#!/bin/sh\nexec "${process.execPath}" "${builtCli}" "$@"\n`);
  chmodSync(join(folder, "bin/axoner"), 0o755);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const shell = spawn("bash", ["-c", `set -o pipefail\n${block}\necho "\${PIPESTATUS[@]}" >&3`], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: {
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      HOME: join(folder, "no-home"),
      AXONER_PROVIDER: "openai-chat",
      AXONER_MODEL: "mock",
      AXONER_BASE_URL: `${server.origin}/v1`,
      OPENAI_API_KEY: "sk-test",
      ...environment,
    },
  });
  try {
    const read = async (pipe: unknown) => (pipe instanceof Readable ? text(pipe) : "");
    const [, ...pipes] = shell.stdio;
    const [[stdout = "", stderr = "", codes = ""]] = await Promise.all([
      Promise.all(pipes.map(read)),
      once(shell, "exit"),
    ]);
    expect(stdout + stderr).not.toMatch(/\u001b/);
    return { stdout, stderr, codes: codes.trim(), requests: server.requests };
  } finally {
    await server.close();
  }
}

const sixTimesSeven: ScriptedReply = { tool_calls: [{ name: "calculate", input: { expression: "6*7" } }] };

describe("what it reads", () => {
  test("cat … | axoner run -", async () => {
    const { stdout, codes, requests } = await run(blockWith("cat notes.txt | axoner run - |"), ["one\ntwo"]);
    expect([stdout.trim(), codes]).toEqual(["2", "0 0 0"]);
    expect(JSON.stringify(requests[0]?.body)).toContain("Ärger mit Müller");
  });

  test("< … > … 2> … && …, in an encoding of old", async () => {
    const { stdout, stderr, requests } = await run(blockWith("< question.txt"), ["No."]);
    expect([stdout, stderr]).toEqual(["No.\n", ""]);
    expect(JSON.stringify(requests[0]?.body)).toContain("Wäre es schön? Überhaupt nicht, sagte Müller.");
  });

  test("stdin and a picture as files", async () => {
    const { stdout, requests } = await run(blockWith("diff old.txt"), ["It does."]);
    expect(stdout).toBe("It does.\n");
    const body = JSON.stringify(requests[0]?.body);
    expect(body).toContain('<file path=\\"stdin\\">');
    expect(body).toContain(`data:image/png;base64,${picture.toString("base64")}`);
  });

  test("what a shell gives as files, in UTF-16 too", async () => {
    const { stdout, codes, requests } = await run(blockWith("<(sort old.txt)").replace("<(sort new.txt)", "new.txt"), [
      "a\nb\nc",
    ]);
    expect([stdout.trim(), codes]).toEqual(["3", "0 0 0"]);
    expect(JSON.stringify(requests[0]?.body)).toMatch(
      /apples\\\\npears.*plums\\\\r\\\\napples|apples\\npears.*plums\\r\\napples/,
    );
  });
});

describe("what it prints", () => {
  test("--json | python3", async () => {
    const { stdout, codes } = await run(blockWith("--json"), ["Oslo."]);
    expect([stdout, codes]).toEqual(["Oslo.\n", "0 0"]);
  });

  test("--output-schema | python3", async () => {
    const { stdout, codes } = await run(blockWith("--output-schema schema.json"), ['{"city": "Oslo"}']);
    expect([stdout, codes]).toEqual(["Oslo\n", "0 0"]);
  });

  test("--events | grep", async () => {
    const { stdout, stderr, codes } = await run(blockWith("--events"), [sixTimesSeven, "42"]);
    expect([stdout, stderr, codes]).toEqual(["1\n", "", "0 0"]);
  });

  test("| head -1 ends it quietly", async () => {
    const line = (at: number) => `Line ${at} of a story that goes on and on, for as long as anybody listens to it.\n`;
    const [begin = "", ...rest] = replyEvents({ text: "" });
    const end = rest.pop() ?? "";
    const chunk = (content: string) => begin.replace('"content":""', `"content":${JSON.stringify(content)}`);
    const pieces = Array.from({ length: 8_000 }, (_, at) => toStream([chunk(line(at))]));
    const told = await run(blockWith("| head -1"), [stream([...pieces, toStream([end])])]);
    expect([told.stdout, told.stderr, told.codes]).toEqual([line(0), "", "1 0"]);
  });

  test("| xargs axoner run, two times", async () => {
    const { stdout, codes, requests } = await run(blockWith("xargs"), ["b", "a"]);
    expect([stdout, codes, requests.length]).toEqual(["a\nb\n", "0 0 0", 2]);
  });
});

describe("how it ends", () => {
  test("a limit with 3", async () => {
    const { stdout, stderr } = await run(blockWith("--max-turns 1"), [sixTimesSeven, "42"]);
    expect(stdout).toBe("ended with 3\n");
    expect(stderr).toContain("stopped at the limit of turns; raise --max-turns");
  });

  test("a provider that is down with 4", async () => {
    const { stdout, stderr } = await run(blockWith("127.0.0.1:9"), []);
    expect(stdout).toBe("ended with 4\n");
    expect(stderr).toMatch(/failed: provider_error: /);
  });

  test("a schema that is none with 2, before anything is asked", async () => {
    const { stdout, stderr, codes, requests } = await run(blockWith("--output-schema notes.txt"), ["x"]);
    expect([stdout, requests.length]).toEqual(["not asked\n", 0]);
    expect(stderr).toMatch(/^axoner: the output schema notes\.txt cannot be read: /);
    expect(codes).toBe("0");
    const unusable = await run(`echo '{"type": "list"}' > l.json; axoner run x --output-schema l.json`, ["x"]);
    expect([unusable.codes, unusable.requests.length]).toEqual(["2", 0]);
  });

  test("a signal with 130", async () => {
    const { stdout, stderr, codes } = await run(blockWith("timeout"), [stream([], "hang")]);
    expect([stdout, codes]).toEqual(["", "130 0"]);
    expect(stderr).not.toMatch(/Error/);
  });

  test("a file that is no text with 2, and a model without a key with 4", async () => {
    const answer: Answer = { raw: { status: 401, pieces: ['{"error": {"message": "bad key"}}'] } };
    const { stdout, stderr, codes, requests } = await run(blockWith("program.bin"), [answer]);
    expect(stderr).toMatch(/^axoner: program\.bin is a program, not text; give a text or a picture/);
    expect(stdout).toMatch(/^failed: provider_error: /);
    expect([codes, requests.length]).toEqual(["4 0", 1]);
  });

  test("budget, in words on stderr", async () => {
    const { codes, stderr } = await run("axoner run 'Go on' --max-tokens 5 | cat", ["x"]);
    expect(codes).toBe("3 0");
    expect(stderr).toContain("raise --max-tokens");
  });
});

test("text comes as soon as it is there, and Ctrl-C ends the wait for more with 130", async () => {
  const [begin = ""] = replyEvents({ text: "" });
  const server = await openModelServer([
    stream([toStream([begin.replace('"content":""', '"content":"Once upon"')])], "hang"),
  ]);
  const args = [
    builtCli,
    "run",
    "x",
    "--provider",
    "openai-chat",
    "--model",
    "mock",
    "--base-url",
    `${server.origin}/v1`,
  ];
  const folder = temporaryFolder();
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home") };
  const child = spawn(process.execPath, args, { cwd: folder, env });
  try {
    const [first]: unknown[] = await once(child.stdout, "data");
    expect(String(first)).toBe("Once upon");
    const told = text(child.stderr);
    const exited = once(child, "exit");
    child.kill("SIGINT");
    expect(await exited).toEqual([130, null]);
    expect(await told).toMatch(/^cancelled\n/);
  } finally {
    child.kill();
    await server.close();
  }
});

test("every block of the page is run", () => {
  expect(blocks.filter((block) => !seen.has(block))).toEqual([]);
  expect(blocks.length).toBeGreaterThanOrEqual(10);
});
