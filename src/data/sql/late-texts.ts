import { cutText } from "../../text/text.ts";
import { quoteName } from "../sql-text.ts";
import { inferType, widerType } from "../text/column-types.ts";
import type { OpenFile, OpenSource } from "./open-sources.ts";
import type { SourceProblem } from "./sql-wire.ts";
import { columnTypes, type Reading } from "./table-view.ts";

/** So many columns of one source are told. */
const maxTold = 12;

/**
 * Columns of large files that are text because of cells far down, which were seen before anything was read. The lines
 * of those are not known: to count them would take a reading of the file.
 */
export function lateTexts(source: OpenSource, reading: Reading): SourceProblem[] {
  if (reading.asText || source.files.every(({ headRows }) => headRows === undefined)) return [];
  const types = columnTypes(source, reading);
  const told = source.files.flatMap((file, index) => lateIn(file, source.source.files[index]?.shown ?? "", types));
  return told.slice(0, maxTold);
}

function lateIn({ dialect, headRows }: OpenFile, shown: string, types: Map<string, string>): SourceProblem[] {
  if (dialect === undefined || headRows === undefined) return [];
  const [head, late] = [dialect.sample.slice(0, headRows), dialect.sample.slice(headRows)];
  return dialect.columns.flatMap((name, index) => {
    if (types.get(name) !== "VARCHAR") return [];
    const type = inferType(head.map((row) => row[index] ?? ""));
    if (type === "VARCHAR") return [];
    const odd = late.map((row) => row[index] ?? "").find((cell) => !isOf(type, cell));
    if (odd === undefined) return [];
    const value = JSON.stringify(cutText(odd, 80));
    const message = `column "${name}" of '${shown}' is read as text: far down it holds ${value}, and ${type} before; try_cast(${quoteName(name)} as ${type}) makes null of what is none`;
    return [{ line: 0, code: "not_of_type" as const, message }];
  });
}

function isOf(type: string, cell: string): boolean {
  return cell.trim() === "" || inferType([cell]) === type || widerType(type, cell) !== "VARCHAR";
}
