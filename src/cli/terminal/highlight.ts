import { refractor } from "refractor";
import type { Paint, Style } from "./paint.ts";

/** What refractor gives: elements with classes, and text. */
interface Node {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: readonly Node[];
}

const styles: Readonly<Record<string, Style>> = {
  keyword: "magenta",
  builtin: "cyan",
  "class-name": "cyan",
  boolean: "yellow",
  number: "yellow",
  variable: "yellow",
  string: "green",
  "attr-value": "green",
  regex: "green",
  inserted: "green",
  deleted: "red",
  comment: "dim",
  function: "blue",
  property: "blue",
  "attr-name": "blue",
  tag: "blue",
};

/** Longer code is shown without colours: finding them takes longer than anyone waits. */
const maxChars = 50_000;

/** Code in colours where its language is known. */
export function highlight(code: string, language: string, paint: Paint): string {
  if (code.length > maxChars || !refractor.registered(language)) return code;
  return painted(refractor.highlight(code, language), paint);
}

function painted({ type, value = "", properties, children = [] }: Node, paint: Paint): string {
  if (type === "text") return value;
  const text = children.map((child) => painted(child, paint)).join("");
  const classes = Array.isArray(properties?.className) ? properties.className : [];
  const style = classes.map((name) => styles[String(name)]).find((known) => known !== undefined);
  // An escape that spans lines would colour what stands beside the next.
  return style === undefined
    ? text
    : text
        .split("\n")
        .map((line) => (line === "" ? "" : paint(style, line)))
        .join("\n");
}
