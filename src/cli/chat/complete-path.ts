import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";

/** The files that a mention at the end of a line can mean. @returns them, and what of the line they replace */
export function completePath(line: string): [completions: string[], replaced: string] {
  const started = /(?:^|\s)@(\S*)$/.exec(line)?.[1];
  if (started === undefined) return [[], line];
  const folder = started.endsWith("/") ? started : started.includes("/") ? `${dirname(started)}/` : "";
  const start = started.endsWith("/") ? "" : basename(started);
  try {
    const found = readdirSync(folder === "" ? "." : folder, { withFileTypes: true });
    const fitting = found.filter(({ name }) => name.startsWith(start) && (start !== "" || !name.startsWith(".")));
    return [fitting.map((entry) => `@${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`), `@${started}`];
  } catch {
    return [[], line]; // no folder, no completions
  }
}
