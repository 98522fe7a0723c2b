import { beginning, printable } from "../text.ts";
import type { Output } from "./command.ts";

/** Tells a person what goes on, in place on a terminal, else in sparse lines. */
export interface ProgressReport {
  /** How far something has come; soon replaced by what comes next. */
  update(text: string): void;
  /** Something that stays. */
  line(text: string): void;
  /** Make room for other output. */
  clear(): void;
}

const linesEveryMs = 5_000;
/** Nobody reads faster, and thousands of pages a second would be written over the terminal's line. */
const redrawEveryMs = 80;

/** @param redraws whether lines may be replaced. Default: on a terminal. */
export function openProgress(output: Output, redraws = output.isTTY === true): ProgressReport {
  return redraws ? inPlace(output) : sparse(output);
}

function inPlace(stderr: Output): ProgressReport {
  let shown = false;
  let drawnAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const clear = () => {
    clearTimeout(timer);
    if (shown) stderr.write("\r\u001b[2K");
    shown = false;
  };
  const draw = (text: string) => {
    clear();
    drawnAt = performance.now();
    stderr.write(beginning(oneLine(text), (stderr.columns ?? 80) - 1));
    shown = true;
  };
  return {
    update(text) {
      clearTimeout(timer);
      const waitMs = shown ? drawnAt + redrawEveryMs - performance.now() : 0;
      if (waitMs <= 0) draw(text);
      else timer = setTimeout(draw, waitMs, text);
    },
    line(text) {
      clear();
      stderr.write(`${printable(text)}\n`);
    },
    clear,
  };
}

function sparse(stderr: Output): ProgressReport {
  let lastAt = Date.now();
  return {
    update(text) {
      if (Date.now() - lastAt < linesEveryMs) return;
      lastAt = Date.now();
      stderr.write(`${oneLine(text)}\n`);
    },
    line(text) {
      lastAt = Date.now();
      stderr.write(`${printable(text)}\n`);
    },
    clear() {},
  };
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, " ");
}
