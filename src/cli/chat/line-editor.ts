import { appendFile, readFile } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { systemErrorCode } from "../../errors.ts";
import type { Output } from "../command.ts";
import { columnsOf } from "../terminal/stream.ts";

/** Reads what the user types, over several lines where he wants that. */
export interface LineEditor {
  /**
   * What was typed, also what was typed ahead; undefined where the user leaves, by Ctrl-D or by Ctrl-C twice on an
   * empty line.
   */
  read(prompt: string): Promise<string | undefined>;
  /**
   * Put a question. What was typed before it is no answer, and is read later. Undefined after Ctrl-C, which interrupts,
   * after Ctrl-D, and once the signal aborts.
   */
  ask(prompt: string, signal: AbortSignal): Promise<string | undefined>;
  /** What Ctrl-C does where the terminal, and no key, tells of it. */
  interrupted(): void;
  /** Give the terminal back. */
  close(): void;
}

export interface LineEditorOptions {
  input: Readable;
  output: Output;
  /** Holds what was typed before, one JSON string a line. */
  historyFile: string;
  complete: (line: string) => [completions: string[], replaced: string];
  /** Ctrl-C while nothing is read, or an answer. */
  interrupt: () => void;
  /** The terminal itself shows what is typed, line by line: nothing is drawn anew, there is no history and no completion. */
  isPlain: boolean;
}

const historySize = 1_000;
const continued = "… ";

/**
 * A line that ends in `\` goes on in the next, and what is pasted is one text whatever its lines. What is typed while
 * nothing is read is not shown, and read next.
 */
export async function openLineEditor(options: LineEditorOptions): Promise<LineEditor> {
  return new TerminalEditor(options, await readHistory(options.historyFile));
}

class TerminalEditor implements LineEditor {
  readonly #options: LineEditorOptions;
  readonly #screen: ReturnType<typeof openScreen>;
  readonly #paste: ReturnType<typeof watchPaste>;
  readonly #reader: Interface;
  /** What was typed ahead. */
  readonly #texts: string[] = [];
  /** Of the text that is being typed, those that are done. */
  readonly #lines: string[] = [];
  #waiting: ((text: string | undefined) => void) | undefined;
  /** Of the question that is open. */
  #answer: ((text: string | undefined) => void) | undefined;
  #prompt = "";
  /** Whether the next Ctrl-C leaves. */
  #leaves = false;
  #isClosed = false;

  constructor(options: LineEditorOptions, past: readonly string[]) {
    const { input, output, complete, isPlain } = options;
    this.#options = options;
    this.#screen = openScreen(output);
    this.#reader = createInterface({
      input,
      output: this.#screen.stream,
      terminal: !isPlain,
      history: past.map(oneLine),
      historySize,
      completer: complete,
    });
    this.#paste = isPlain ? noPaste : watchPaste(input, output);
    this.#screen.hide();
    this.#reader.on("history", (entries) => {
      if (this.#answer !== undefined) entries.shift();
      else if (this.#lines.length > 0) entries.splice(0, 2, oneLine([...this.#lines, entries[0] ?? ""].join("\n")));
    });
    this.#reader.on("line", (line) => this.#take(line));
    this.#reader.on("SIGINT", () => this.#interrupt());
    this.#reader.on("close", () => {
      this.#isClosed = true;
      this.#answer?.(undefined);
      this.#give(undefined);
    });
  }

  async read(prompt: string): Promise<string | undefined> {
    const { output, historyFile } = this.#options;
    this.#prompt = prompt;
    const text = this.#texts.shift() ?? (this.#isClosed ? undefined : await this.#next());
    if (text === undefined) output.write("\n");
    else if (text.trim() !== "") await appendFile(historyFile, `${JSON.stringify(text)}\n`, { mode: 0o600 });
    return text;
  }

  async ask(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#isClosed || signal.aborted) return undefined;
    const begun = this.#options.isPlain ? "" : this.#reader.line;
    this.#clearLine();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const leave = () => resolve(undefined);
    signal.addEventListener("abort", leave, { once: true });
    this.#answer = resolve;
    this.#screen.show();
    this.#ask(prompt);
    const text = await promise;
    signal.removeEventListener("abort", leave);
    if (text === undefined) this.#options.output.write("\n");
    this.#screen.hide();
    this.#answer = undefined;
    if (this.#isClosed) return undefined;
    this.#clearLine();
    if (begun !== "") this.#reader.write(begun);
    return text;
  }

  close(): void {
    this.#paste.close();
    this.#reader.close();
  }

  #next(): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#waiting = resolve;
    this.#screen.show();
    this.#reader.setPrompt(this.#lines.length === 0 ? this.#prompt : continued);
    this.#reader.prompt(true);
    return promise;
  }

  #take(line: string): void {
    if (this.#answer !== undefined) {
      // what is pasted was not typed to answer this
      return this.#paste.isOpen() ? this.#reader.prompt() : this.#answer(line);
    }
    this.#leaves = false;
    const isPasted = this.#paste.isOpen();
    const goesOn = isPasted || line.endsWith("\\");
    this.#lines.push(goesOn && !isPasted ? line.slice(0, -1) : line);
    if (goesOn) return this.#ask(continued);
    const text = this.#lines.splice(0).join("\n");
    if (this.#waiting === undefined) this.#texts.push(text);
    else this.#give(text);
  }

  interrupted(): void {
    if (this.#answer !== undefined || this.#waiting !== undefined) this.#interrupt();
  }

  #interrupt(): void {
    if (this.#answer !== undefined) this.#answer(undefined);
    if (this.#waiting === undefined) return this.#options.interrupt();
    const isEmpty = this.#reader.line === "" && this.#lines.length === 0;
    if (isEmpty && this.#leaves) return this.#give(undefined);
    this.#leaves = isEmpty;
    this.#lines.length = 0;
    this.#options.output.write(isEmpty ? "\n(Ctrl-C again to leave)\n" : "^C\n");
    this.#clearLine();
    this.#ask(this.#prompt);
  }

  #clearLine(): void {
    if (this.#options.isPlain) return; // it is the terminal's
    this.#reader.write(null, { ctrl: true, name: "e" });
    this.#reader.write(null, { ctrl: true, name: "u" });
  }

  #ask(prompt: string): void {
    this.#reader.setPrompt(prompt);
    this.#reader.prompt();
  }

  #give(text: string | undefined): void {
    this.#screen.hide();
    this.#waiting?.(text);
    this.#waiting = undefined;
  }
}

/** Newest first. A line that cannot be read was written by nobody that matters. */
async function readHistory(path: string): Promise<string[]> {
  const lines = await readFile(path, "utf8").catch((thrown: unknown) => {
    if (systemErrorCode(thrown) === "ENOENT") return "";
    throw thrown;
  });
  const texts = lines.split("\n").flatMap((line) => {
    try {
      const text: unknown = JSON.parse(line);
      return typeof text === "string" ? [text] : [];
    } catch {
      return [];
    }
  });
  return texts.toReversed().slice(0, historySize);
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}

/** The terminal as readline sees it, which can be kept from writing there. */
function openScreen(output: Output) {
  let isHidden = false;
  const write = (...given: Parameters<Output["write"]>) => (isHidden ? true : output.write(...given));
  const stream = new Proxy(output, {
    get(target, key) {
      if (key === "write") return write;
      if (key === "columns") return columnsOf(output); // readline divides by it
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    stream,
    hide: () => void (isHidden = true),
    show: () => void (isHidden = false),
  };
}

const noPaste = { isOpen: () => false, close: () => undefined };

/** Terminals mark the beginning and the end of what is pasted, if they are asked to. */
function watchPaste(input: Readable, output: Output) {
  let open = false;
  const see = (_text: string | undefined, key: { name?: string } | undefined) => {
    if (key?.name === "paste-start") open = true;
    if (key?.name === "paste-end") open = false;
  };
  input.on("keypress", see);
  output.write("\u001b[?2004h");
  return {
    isOpen: () => open,
    close() {
      input.off("keypress", see);
      output.write("\u001b[?2004l");
    },
  };
}
