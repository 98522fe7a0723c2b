import type { Token, Tokens } from "marked";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import type { Screen } from "./markdown.ts";

const between = " │ ";
const leastWidth = 4;

/** A table with its columns aligned, as wide as the screen at most; where that is too narrow, one record below the other. */
export function tableLines(
  { header, rows, align }: Tokens.Table,
  { columns, paint }: Screen,
  inline: (tokens: readonly Token[]) => string,
): string[] {
  const names = header.map(({ tokens }) => inline(tokens));
  const cells = rows.map((row) => row.map(({ tokens }) => inline(tokens)));
  const widths = fit(
    names.map((name, at) => Math.max(...[name, ...cells.map((row) => row[at] ?? "")].map((text) => stringWidth(text)))),
    columns - between.length * (names.length - 1),
  );
  if (widths === undefined) return records(names, cells, { columns, paint });
  const lines = (row: readonly string[]) => rowLines(row, { widths, align, border: paint("dim", between) });
  return [
    ...lines(names.map((name) => paint("bold", name))),
    paint("dim", widths.map((width) => "─".repeat(width)).join("─┼─")),
    ...cells.flatMap(lines),
  ];
}

/** The widest columns give way; undefined where not even the least would fit. */
function fit(wanted: readonly number[], room: number): number[] | undefined {
  if (room < wanted.length * leastWidth) return undefined;
  const widths = [...wanted];
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0;) {
    const widest = Math.max(...widths);
    const at = widths.indexOf(widest);
    const next = Math.max(leastWidth, ...widths.filter((width) => width < widest));
    const cut = Math.min(excess, Math.max(1, widest - next));
    widths[at] = widest - cut;
    excess -= cut;
  }
  return widths;
}

interface Columns {
  widths: readonly number[];
  align: Tokens.Table["align"];
  border: string;
}

/** One row, whose cells may take several lines. */
function rowLines(row: readonly string[], { widths, align, border }: Columns): string[] {
  const wrapped = widths.map((width, at) => wrapAnsi(row[at] ?? "", width, { hard: true }).split("\n"));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, at) => pad(lines[line] ?? "", widths[at] ?? 0, align[at] ?? null))
      .join(border)
      .trimEnd(),
  );
}

function pad(text: string, width: number, align: Tokens.Table["align"][number]): string {
  const room = Math.max(0, width - stringWidth(text));
  const left = align === "right" ? room : align === "center" ? Math.floor(room / 2) : 0;
  return `${" ".repeat(left)}${text}${" ".repeat(room - left)}`;
}

function records(
  names: readonly string[],
  cells: readonly (readonly string[])[],
  { columns, paint }: Pick<Screen, "columns" | "paint">,
): string[] {
  return cells.flatMap((row, at) => [
    ...(at === 0 ? [] : [""]),
    ...names.flatMap((name, column) =>
      wrapAnsi(`${paint("bold", `${name}:`)} ${row[column] ?? ""}`, columns, { hard: true }).split("\n"),
    ),
  ]);
}
