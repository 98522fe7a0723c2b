import stringWidth from "string-width";
import { printable } from "../../text/text.ts";
import type { Paint, Style } from "../terminal/paint.ts";
import type { Finding, FindingStatus } from "./finding.ts";

interface Page {
  /** Undefined where it is no terminal. */
  columns: number | undefined;
  paint: Paint;
}

const styles: Readonly<Record<FindingStatus, Style>> = { ok: "green", warning: "yellow", problem: "red" };
const statusWidth = "problem".length + 2;
const nameWidth = 16;
const mostColumns = 100;
/** Below this there is no room for columns. */
const fewestColumns = 60;

/** The lines of one finding, each with its end. */
export function findingLines({ name, status, detail, advice }: Finding, { columns, paint }: Page): string {
  const width = Math.min(mostColumns, columns ?? mostColumns);
  const isNarrow = width < fewestColumns;
  const label = paint(styles[status], status) + " ".repeat(statusWidth - status.length);
  const head = isNarrow ? `${label}${name}` : label + pad(name, nameWidth);
  const indent = isNarrow ? 2 : statusWidth + nameWidth + 2;
  const room = Math.max(16, width - indent);
  const said = wrapped(detail, room);
  const advised =
    advice === undefined ? [] : wrapped(advice, room - 2).map((line, at) => (at === 0 ? "→ " : "  ") + line);
  const below = (lines: readonly string[]) => lines.map((line) => `${" ".repeat(indent)}${line}\n`).join("");
  if (isNarrow || stringWidth(name) > nameWidth) return `${head}\n${below([...said, ...advised])}`;
  const [first = "", ...rest] = said;
  return `${head}  ${first}\n${below([...rest, ...advised])}`;
}

export function summaryLine(findings: readonly Finding[], { paint }: Page): string {
  const count = (status: FindingStatus) => findings.filter((finding) => finding.status === status).length;
  const told = (status: FindingStatus) => {
    const many = count(status);
    return many === 0 ? [] : [paint(styles[status], `${many} ${status}${many === 1 ? "" : "s"}`)];
  };
  const bad = [...told("problem"), ...told("warning")];
  return `\n${bad.length === 0 ? paint("green", "all is well") : bad.join(", ")}\n`;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

/** A word that is longer than a line, such as a path, stays whole: it may be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of printable(text).split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && stringWidth(last) + 1 + stringWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
