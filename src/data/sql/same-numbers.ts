import { quoteName } from "../sql-text.ts";
import { twoSpellings } from "../text/column-types.ts";
import type { OpenSource } from "./open-sources.ts";
import type { SourceProblem } from "./sql-wire.ts";
import { columnTypes, type Reading } from "./table-view.ts";

/** Columns of numbers that are text because two of them are the same number, and may be two names. */
export function sameNumbers(source: OpenSource, reading: Reading): SourceProblem[] {
  if (reading.asText) return [];
  const types = columnTypes(source, reading);
  return source.files.flatMap(({ dialect }, file) =>
    (dialect?.columns ?? []).flatMap((name, index) => {
      if (types.get(name) !== "VARCHAR") return [];
      const pair = twoSpellings((dialect?.sample ?? []).map((row) => row[index] ?? ""));
      return pair === undefined ? [] : [problemOf(name, pair, source.source.files[file]?.shown ?? "")];
    }),
  );
}

function problemOf(name: string, [one, other]: [string, string], shown: string): SourceProblem {
  const message = `column "${name}" of '${shown}' is read as text: ${one} and ${other} in it would be one number; where they are, write ${quoteName(name)}::double`;
  return { line: 0, code: "same_number", message };
}
