import { nul } from "../text/header.ts";
import { recordBatches } from "../text/repair.ts";
import { maxToldChars } from "./exact-columns.ts";
import type { OpenSource } from "./open-sources.ts";

/** A cell of a file. */
export interface FoundCell {
  line: number;
  path: string;
  text: string;
}

/** The first cell of a column that an error tells; undefined where it tells it otherwise than it is written. */
export async function findCell(
  { source, files }: OpenSource,
  { column, value }: { column: string; value: string },
): Promise<FoundCell | undefined> {
  for (const file of files) {
    const index = file.dialect?.columns.indexOf(column) ?? -1;
    if (index < 0) continue;
    for await (const records of recordBatches(file, source.name)) {
      const found = records.find(({ cells }) => isTold(cells[index] ?? "", value));
      if (found === undefined) continue;
      const line = file.sheet?.rowOf(found.line) ?? found.line;
      return { line, path: file.path, text: found.cells[index] ?? "" };
    }
  }
  return undefined;
}

/** Whether an error tells a cell, in which DuckDB writes a NUL as `\0`. */
function isTold(text: string, value: string): boolean {
  if (text === value) return true;
  const told = value.includes("\\0") ? text.replaceAll(nul, "\\0") : text;
  return told === value || (value.length >= maxToldChars && told.startsWith(value));
}
