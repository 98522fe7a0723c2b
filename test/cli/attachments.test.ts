import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { withMentions } from "../../src/cli/prompt/mentions.ts";
import { ConfigError } from "../../src/errors.ts";
import type { ScriptStep } from "../../src/testing.ts";
import { temporaryFolder } from "../support/config.ts";
import { startCommand } from "../support/start-command.ts";

const echo: ScriptStep[] = [({ messages }) => JSON.stringify(messages.at(-1))];

function fileOf(content: string | Buffer, name = "notes.txt"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

function jpeg(sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(sizeBytes - 3, 7)]);
}

describe("axoner run --file", () => {
  test("gives the model texts and pictures with the prompt, in their order", async () => {
    const [text, picture] = [fileOf("seven pears"), fileOf(jpeg(100), "p.jpg")];
    const args = ["look", "--file", text, `--file=${picture}`];
    const { stdout } = await startCommand(run, args, { script: echo });
    expect(JSON.parse(stdout)).toEqual({
      role: "user",
      text: `look\n\n<file path="${text}">\nseven pears\n</file>\n\n<picture path="${picture}" />`,
      images: [{ mediaType: "image/jpeg", base64: jpeg(100).toString("base64") }],
    });
  });

  test("does not take what the prompt says for a file", async () => {
    const path = fileOf("a secret");
    expect((await startCommand(run, [`mail @${path}`], { script: echo })).stdout).not.toContain("a secret");
    const stdin = `mail @${path}`;
    expect((await startCommand(run, ["-"], { script: echo, stdin })).stdout).not.toContain("a secret");
  });

  test.each<[string, () => string[], RegExp]>([
    [
      "that is not there",
      () => ["x", "--file", "/nowhere/a.txt"],
      /the file \/nowhere\/a\.txt cannot be read: .*ENOENT/,
    ],
    ["that is a folder", () => ["x", "--file", temporaryFolder()], /is a folder; name a file in it/],
    ["of no name", () => ["x", "--file"], /--file needs a file/],
    ["behind --", () => ["x", "--file", "--", "y"], /--file needs a file/],
    ["of a program", () => ["x", "--file", fileOf(Buffer.from("\x7fELF\0\0"))], /is a program, not text/],
    ["of a PDF", () => ["x", "--file", fileOf("%PDF-1.7\n")], /is a PDF document, not text/],
    [
      "of bytes",
      () => ["x", "--file", fileOf(Buffer.from(Array.from({ length: 999 }, (_, at) => at % 9)))],
      /binary file/,
    ],
    ["of too much text", () => ["x", "--file", fileOf("a".repeat(2_000_001))], /larger than the 2\.00 MB of text/],
    ["of far too much text", () => ["x", "--file", fileOf("a".repeat(9_000_001))], /larger than the 2\.00 MB of text/],
    [
      "of too large a picture",
      () => ["x", "--file", fileOf(jpeg(3_750_001))],
      /3\.75 MB of a picture .*make it smaller/,
    ],
    ["and no prompt", () => ["--file", fileOf("a")], /there is no prompt/],
    ["and --resume", () => ["--resume", "--file", fileOf("a")], /either a prompt or --resume, and no file with that/],
    ["of stdin, twice", () => ["-", "--file", "-"], /stdin can be read once only/],
  ])("%s is bad usage", async (_what, args, message) => {
    const running = startCommand(run, args(), { script: echo });
    await expect(running).rejects.toThrow(ConfigError);
    await expect(running).rejects.toThrow(message);
  });

  test("of stdin that is empty as a prompt is told", async () => {
    await expect(startCommand(run, ["-"], { script: echo })).rejects.toThrow("there is no prompt: stdin was empty");
    await expect(startCommand(run, [], { script: echo })).rejects.toThrow(/`axoner run -` reads it from stdin/);
  });

  test("of stdin that is no text is told", async () => {
    const stdin = "\x00\x01\x02\x03\x04".repeat(50);
    await expect(startCommand(run, ["-"], { script: echo, stdin })).rejects.toThrow(/stdin is a binary file, not text/);
  });
});

describe("@path in a chat", () => {
  const never = new AbortController().signal;

  test("shows texts and pictures, and names the rest", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "my files"));
    const [picture, spaced] = [fileOf(jpeg(100), "p.jpg"), join(folder, "my files", "a.txt")];
    writeFileSync(spaced, Buffer.from("\ufeffÜber", "utf16le"));
    const [program, long] = [fileOf(Buffer.from("\x7fELF\0\0")), fileOf("a".repeat(200_001))];
    const notices: string[] = [];
    const options = { signal: never, tell: (notice: string) => void notices.push(notice) };
    const closed = join(picture, "inside");
    const text = `see @${picture} @"${spaced}" @${program} @${long} @nobody @${folder} @${closed}`;
    const { prompt, images } = await withMentions(text, options);
    expect(notices).toEqual([
      "no file is attached for @nobody: there is none of that name",
      `no file is attached for @${folder}: it is no file`,
      expect.stringMatching(`^no file is attached for @${closed}: ENOTDIR: not a directory`),
    ]);
    expect(images).toHaveLength(1);
    expect(prompt).toContain(`<file path="${spaced}">\nÜber\n</file>`);
    expect(prompt).toMatch(/is a program, not text.*read it with a tool/);
    expect(prompt).toContain(`(${long} has 0.2 MB: read it with a tool.)`);
  });
});
