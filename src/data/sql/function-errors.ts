import { didYouMean } from "../../text/nearest.ts";
import { columnUses, type FailedRun } from "./failed-run.ts";
import { numberReadings } from "./number-texts.ts";
import { findOffending } from "./offending-value.ts";
import { plainName } from "../sql-text.ts";
import { forbiddenFunctions } from "./statement.ts";

/** What functions of other databases are called here. */
const elsewhere: Readonly<Record<string, string>> = {
  getdate: "now()",
  sysdate: "now()",
  nvl: "coalesce(a, b)",
  isnull: "coalesce(a, b), or a is null",
  iif: "case when … then … else … end",
  decode: "case x when … then … end",
  charindex: "strpos(text, part)",
  to_char: "strftime(date, '%Y-%m-%d')",
  date_format: "strftime(date, '%Y-%m-%d')",
  to_date: "strptime(text, '%d/%m/%Y')::date",
  str_to_date: "strptime(text, '%d/%m/%Y')",
  parse_date: "strptime(text, '%d/%m/%Y')::date",
  to_number: "try_cast(text as double)",
  safe_cast: "try_cast(text as …)",
  convert: "cast(value as …)",
  dateadd: "date + interval 3 day",
  datediff_big: "datediff('day', from, to)",
  eomonth: "last_day(date)",
  countif: "count_if(condition)",
  stdev: "stddev(x)",
  percentile: "quantile_cont(x, 0.9)",
  substring_index: "split_part(text, separator, index)",
  safe_divide: "a / nullif(b, 0)",
  rand: "random()",
  newid: "uuid()",
};

const windowFunctions =
  /^(row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|first_value|last_value|nth_value)$/;

/** A function that is not there: the nearest that are, or what it is called here. */
export async function explainFunction(name: string, { connection }: FailedRun): Promise<string> {
  if (name.includes("`") || name.endsWith("__postfix")) return 'names are quoted with ", not with `';
  const wanted = name.toLowerCase();
  if (windowFunctions.test(wanted)) return `${name} is a window function; write ${name}(…) over (order by …)`;
  const here = Object.hasOwn(elsewhere, wanted) ? elsewhere[wanted] : undefined;
  if (here !== undefined) return `there is no function ${name}; write ${here}`;
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') ORDER BY 1",
  );
  const names = reader.getRows().map(([known]) => String(known));
  const near = didYouMean(
    name,
    names.filter((known) => /^[a-z]/.test(known) && !forbiddenFunctions.has(known)),
  );
  return `there is no function ${name}${near === "" ? "; the functions are those of DuckDB's SQL" : near}`;
}

const maxCandidates = 4;

/** A function or operator that does not take what it is given; a column of text is shown by its first value that is no number. */
export async function explainCall(call: string, candidates: string, run: FailedRun): Promise<string> {
  const [, name = call, given = ""] = /^([^(]*)\(([^]*)\)$/.exec(plainType(call)) ?? [];
  const argumentTypes = given === "" ? [] : given.split(", ");
  const takesNumbers = /\b(DOUBLE|DECIMAL|BIGINT|INTEGER)\b/.test(candidates);
  if (takesNumbers && argumentTypes.includes("VARCHAR") && !/\(VARCHAR/.test(candidates))
    return await explainText(name, argumentTypes, run);
  if (isOperator(name))
    return `${inWords(name, argumentTypes)} cannot be computed; convert one side, e.g. try_cast(… as double)`;
  if (/^(try_)?strptime$/.test(name) && /^(DATE|TIMESTAMP)/.test(argumentTypes[0] ?? ""))
    return `${name} reads text, and what it is given is a ${argumentTypes[0]} already; use it as it is, or write it with strftime`;
  const [listed = ""] = candidates.split("\n\n");
  const taken = listed
    .split("\n")
    .map((line) => line.trim().replace(/ -> .*$/, ""))
    .filter((line) => line !== "");
  const more = taken.length > maxCandidates ? `, and in ${taken.length - maxCandidates} other ways` : "";
  return `${name} cannot be called as ${name}(${argumentTypes.join(", ")}); it takes ${taken.slice(0, maxCandidates).join(" or ")}${more}`;
}

async function explainText(name: string, argumentTypes: readonly string[], run: FailedRun): Promise<string> {
  const uses = await columnUses(run);
  const columns = uses.filter(({ by }) => by === name).map(({ column }) => column);
  const isNoNumber = (value: string) => `${value} IS NOT NULL AND try_cast(${value} AS DOUBLE) IS NULL`;
  const found = await findOffending(run, columns, isNoNumber);
  const what = isOperator(name)
    ? `${inWords(name, argumentTypes)} cannot be computed`
    : `${name} takes numbers, not text`;
  const joins = name === "+" ? " (texts are joined with ||)" : "";
  if (found === undefined) return `${what}${joins}; convert the text first: try_cast(… as double)`;
  const { column, value, place } = found;
  const shown = plainName(column);
  const readings = numberReadings(shown, value);
  const advice =
    readings.length === 0
      ? `try_cast(${shown} as double) makes null of what is no number`
      : `if that is a number, read it by ${readings.join(", or where the comma begins the decimals ")}`;
  return `${what}${joins}: "${column}" is text, since ${place} holds ${shownValue(value)}; ${advice}`;
}

function isOperator(name: string): boolean {
  return !/^[a-z_]/i.test(name);
}

function inWords(operator: string, [left = "", right]: readonly string[]): string {
  return right === undefined ? `${operator} ${left}` : `${left} ${operator} ${right}`;
}

export function shownValue(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}

/** `STRING_LITERAL` is DuckDB's word for a constant that may become something else. */
export function plainType(type: string): string {
  return type.replaceAll("STRING_LITERAL", "VARCHAR").replaceAll("INTEGER_LITERAL", "INTEGER");
}
