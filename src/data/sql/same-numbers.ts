import { quoteName } from "../sql-text.ts";
import { twoSpellings } from "../text/column-types.ts";
import type { OpenSource } from "./open-sources.ts";
import type { SourceProblem } from "./sql-wire.ts";
import { columnTypes, type Reading } from "./table-view.ts";

/** Columns of numbers that are text because two of them are the same number, and may be two names. */
export function sameNumbers(source: OpenSource, reading: Reading): SourceProblem[] {
  if (reading.asText) return [];
  const found = source.files.flatMap(({ dialect }, file) =>
    (dialect?.columns ?? []).flatMap((name, index) => {
      const pair = twoSpellings((dialect?.sample ?? []).map((row) => row[index] ?? ""));
      return pair === undefined ? [] : [{ name, pair, shown: source.source.files[file]?.shown ?? "" }];
    }),
  );
  if (found.length === 0) return [];
  const types = columnTypes(source, reading);
  return found.filter(({ name }) => types.get(name) === "VARCHAR").map(problemOf);
}

interface SameNumbers {
  name: string;
  pair: [string, string];
  shown: string;
}

function problemOf({ name, pair: [one, other], shown }: SameNumbers): SourceProblem {
  const message = `column "${name}" of '${shown}' is read as text: ${one} and ${other} in it would be one number; where they are, write ${quoteName(name)}::double`;
  return { line: 0, code: "same_number", message };
}
