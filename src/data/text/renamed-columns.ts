import { cutText } from "../../text/text.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import type { Head } from "./dialect.ts";

const maxTold = 10;
const maxNameChars = 60;

/**
 * Tell of columns that have another name than the header gives them, for it comes twice, whatever its case; and then of
 * those that had none too. By itself a missing name is not worth a word: what is read in its place loses nothing.
 */
export function renamedColumns(
  { first, columns, line }: { first: readonly string[]; columns: readonly string[]; line: number },
  { shown, isSheet = false }: Pick<Head, "shown" | "isSheet">,
): SourceProblem[] {
  const renamed = first.flatMap((cell, index) => {
    const [old, name = ""] = [cell.replaceAll("\0", "").trim(), columns[index]];
    return old === name ? [] : [{ old, name }];
  });
  if (renamed.every(({ old }) => old === "")) return [];
  const told = renamed.slice(0, maxTold).map(({ old, name }) => `${named(old)} -> ${named(name)}`);
  const more = renamed.length > maxTold ? ` and ${renamed.length - maxTold} more` : "";
  const where = isSheet ? `'${shown}'` : `line ${line} of '${shown}'`;
  const message = `${where} has names of columns that come twice or are missing; read as ${told.join(", ")}${more}`;
  return [{ line: isSheet ? 0 : line, code: "renamed", message }];
}

function named(name: string): string {
  return name === "" ? "(none)" : JSON.stringify(cutText(name, maxNameChars));
}
