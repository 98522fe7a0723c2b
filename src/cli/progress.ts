import { printable } from "../text/text.ts";
import type { Output } from "./command.ts";
import { erasing, rowsOf, withinColumns } from "./terminal/columns.ts";

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

/** Whether lines can be replaced there, as far as the terminal says. */
export function canRedraw({ isTTY }: Output, environment: NodeJS.ProcessEnv): boolean {
  return isTTY === true && environment["TERM"] !== "dumb";
}

/** @param redraws whether lines may be replaced.  */
export function openProgress(output: Output, redraws: boolean): ProgressReport {
  return redraws ? inPlace(output) : sparse(output);
}

function inPlace(stderr: Output): ProgressReport {
  let shown = "";
  let drawnAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const clear = () => {
    clearTimeout(timer);
    // a terminal that was made narrower meanwhile has broken the line
    if (shown !== "") stderr.write(erasing(rowsOf(shown.length, stderr.columns || 80)));
    shown = "";
  };
  const draw = (text: string) => {
    clear();
    drawnAt = performance.now();
    shown = withinColumns(oneLine(text), (stderr.columns || 80) - 1);
    stderr.write(shown);
  };
  return {
    update(text) {
      clearTimeout(timer);
      const waitMs = shown !== "" ? drawnAt + redrawEveryMs - performance.now() : 0;
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
