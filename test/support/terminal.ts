import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Terminal } from "@xterm/headless";
import { expect } from "vitest";

/** A program on a terminal, and what a person sees there. */
export interface TestTerminal {
  type(keys: string): void;
  resize(columns: number, rows?: number): void;
  /** What the program wrote, codes and all. */
  written(): string;
  /** The lines of the screen and of what was scrolled off it, without the empty ones at the end. */
  lines(): string[];
  /** Wait until a text stands there, and give all that does. */
  shows(text: string | RegExp): Promise<string>;
  /** How many characters of each look there are: `bold`, `dim`, and coloured ones. */
  looks(): { bold: number; dim: number; coloured: number };
  /** The exit code, once the program ends. */
  ended: Promise<number | null>;
  close(): Promise<void>;
}

export interface TerminalOptions {
  columns: number;
  rows?: number;
  environment?: NodeJS.ProcessEnv;
  cwd?: string;
}

/** Start a program, by its absolute path, on a terminal; Linux and macOS only. */
export function openTerminal(command: readonly string[], options: TerminalOptions): TestTerminal {
  const { columns, rows = 24, environment = process.env, cwd } = options;
  const screen = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 10_000 });
  const onTerminal = join(import.meta.dirname, "on-terminal.py");
  const env = JSON.stringify({ NO_UPDATE_NOTIFIER: "1", ...environment, TERM: "xterm-256color" });
  const child = spawn("python3", [onTerminal, String(columns), String(rows), env, ...command], {
    cwd,
    stdio: ["pipe", "pipe", "inherit", "pipe"],
  });
  const { stdin, stdout } = child;
  const sizes = child.stdio[3];
  if (stdin === null || stdout === null || !(sizes instanceof Writable)) throw new Error("a pipe is missing");
  let all = "";
  stdout.on("data", (bytes: Buffer) => {
    all += bytes.toString("latin1");
    screen.write(bytes);
  });
  const ended = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
  const rowsOf = () => {
    const { active } = screen.buffer;
    return Array.from({ length: active.length }, (_, at) => active.getLine(at));
  };
  const lines = () => {
    const texts = rowsOf().map((row) => row?.translateToString(true) ?? "");
    return texts.slice(0, texts.findLastIndex((text) => text !== "") + 1);
  };
  return {
    type: (keys) => void stdin.write(keys),
    resize(to, toRows = rows) {
      screen.resize(to, toRows);
      sizes.write(`${to} ${toRows}\n`);
    },
    written: () => all,
    lines,
    async shows(text) {
      const found = () =>
        typeof text === "string" ? lines().join("\n").includes(text) : text.test(lines().join("\n"));
      await expect.poll(() => (found() ? text : lines().join("\n")), { timeout: 15_000 }).toBe(text);
      return lines().join("\n");
    },
    looks() {
      const cells = rowsOf().flatMap((row) => Array.from({ length: screen.cols }, (_, at) => row?.getCell(at)));
      const count = (is: (cell: NonNullable<(typeof cells)[number]>) => boolean | number) =>
        cells.filter((cell) => cell !== undefined && cell.getChars() !== "" && Boolean(is(cell))).length;
      return {
        bold: count((cell) => cell.isBold()),
        dim: count((cell) => cell.isDim()),
        coloured: count((cell) => !cell.isFgDefault()),
      };
    },
    ended,
    async close() {
      child.kill();
      await ended;
    },
  };
}
