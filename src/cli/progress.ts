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

export function openProgress(stderr: Output): ProgressReport {
  return stderr.isTTY ? inPlace(stderr) : sparse(stderr);
}

function inPlace(stderr: Output): ProgressReport {
  let shown = false;
  let drawnAt = -Infinity;
  const clear = () => {
    if (shown) stderr.write("\r\u001b[2K");
    shown = false;
  };
  return {
    update(text) {
      if (shown && performance.now() - drawnAt < redrawEveryMs) return;
      drawnAt = performance.now();
      clear();
      stderr.write(beginning(oneLine(text), (stderr.columns ?? 80) - 1));
      shown = true;
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
