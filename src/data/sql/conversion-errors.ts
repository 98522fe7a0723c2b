import { ToolError } from "../../errors.ts";
import { likelyDateFormats } from "../date-formats.ts";
import { columnUses, type ColumnUse, type FailedRun } from "./failed-run.ts";
import { shownValue } from "./function-errors.ts";
import { findOffending, type OffendingValue } from "./offending-value.ts";
import { plainName, quoteText } from "../sql-text.ts";

/** A value that is not what it was to become. */
interface Failed {
  value: string;
  /** E.g. `is no INTEGER`. */
  problem: string;
  /** What to write; `column` stands for an expression. */
  advice: (column: string) => string;
  /** The column it is said to come from. */
  column?: string;
}

/** A conversion that failed: the value, where it stands in which file, and what to write instead. */
export async function explainConversion(text: string, run: FailedRun): Promise<ToolError | undefined> {
  const failed = failedIn(text, run.sql);
  if (failed === undefined) return undefined;
  const uses = await columnUses(run);
  const found = await findValue(failed, uses, run);
  const isCompared = uses.some(({ by, column: used }) => by === "compare" && used === found?.column);
  const quotes = isCompared ? "write what it is compared with in quotes, or " : "";
  const isComma = /^\s*-?\d+,\d+\s*$/.test(failed.value) && / (DOUBLE|FLOAT|DECIMAL)\b/.test(failed.problem);
  const written = found === undefined ? "…" : plainName(found.column);
  const column = isComma ? `replace(${written}, ',', '.')` : written;
  const where =
    found === undefined
      ? shownValue(failed.value)
      : `${found.place} holds ${shownValue(failed.value)} in "${found.column}", which`;
  return new ToolError(
    found === undefined && run.sql.includes(failed.value.replaceAll("'", "''")) ? "invalid_input" : "unreadable",
    `${where} ${failed.problem}; ${quotes}${failed.advice(column)}`,
  );
}

async function findValue(
  { value, column }: Failed,
  uses: readonly ColumnUse[],
  run: FailedRun,
): Promise<OffendingValue | undefined> {
  const columns =
    column === undefined
      ? uses.filter(({ by }) => /^(cast|compare|strptime|\+|-|\*|\/|between)$/.test(by)).map((use) => use.column)
      : [column];
  return await findOffending(run, columns, (cell) => `${cell} = ${quoteText(value)}`);
}

function failedIn(text: string, sql: string): Failed | undefined {
  const string =
    /Could not convert string ['"]([^]*?)['"] to (\w+(?:\([\d, ]*\))?)(?: when casting from source column ([^\n]+))?/.exec(
      text,
    );
  if (string !== null) {
    const [, value = "", type = "", column] = string;
    const wanted = type === "INT128" && /uuid/i.test(sql) ? "UUID" : plainTypeName(type);
    const from = column === undefined ? {} : { column };
    return { value, problem: `is no ${wanted}`, advice: (name) => tryCast(name, wanted), ...from };
  }
  const date =
    /invalid (date|timestamp|time) field format: "([^]*?)", expected format is \((.*)\)/.exec(text) ??
    /(date|timestamp|time) field value out of range: "([^]*?)"/.exec(text);
  if (date !== null) return failedDate(date[1] ?? "", date[2] ?? "");
  const format = /Could not parse string "([^]*?)" according to format specifier "([^]*?)"/.exec(text);
  if (format !== null) return failedFormat(format[1] ?? "", format[2] ?? "");
  const range =
    /Type (\w+) with value (\S+) can't be cast because the value is out of range for the destination type (\w+)/.exec(
      text,
    );
  if (range !== null) {
    const problem = `is out of the range of ${plainTypeName(range[3] ?? "")}`;
    return { value: range[2] ?? "", problem, advice: () => "cast to a larger type, e.g. BIGINT or DOUBLE" };
  }
  return undefined;
}

function failedDate(kind: string, value: string): Failed {
  const forms: Readonly<Record<string, string>> = {
    date: "date of the form YYYY-MM-DD",
    timestamp: "time of the form YYYY-MM-DD HH:MM:SS",
    time: "time of the form HH:MM:SS",
  };
  const type = kind.toUpperCase();
  const formats = likelyDateFormats(value).filter((format) => format !== "%Y-%m-%d");
  const own = (column: string) => {
    const ways = formats.map((format) => `strptime(${column}, '${format}')`);
    return ways.length === 0 ? tryCast(column, type) : `give its format: ${ways.join(" or ")}`;
  };
  return { value, problem: `is no ${forms[kind] ?? kind}`, advice: own };
}

function failedFormat(value: string, format: string): Failed {
  const others = likelyDateFormats(value).filter((other) => other !== format);
  const several = (column: string) => {
    const list = [format, ...others].map(quoteText).join(", ");
    return others.length === 0
      ? `try_strptime(${column}, ${quoteText(format)}) makes null of what is none`
      : `give all formats that there are: strptime(${column}, [${list}])`;
  };
  return { value, problem: `is no date of the form ${format}`, advice: several };
}

function tryCast(column: string, type: string): string {
  return `try_cast(${column} as ${type}) makes null of what is none`;
}

export function plainTypeName(type: string): string {
  return typeNames[type] ?? type;
}

/** DuckDB's errors name types by their size. */
const typeNames: Readonly<Record<string, string | undefined>> = {
  BOOL: "BOOLEAN",
  INT8: "TINYINT",
  INT16: "SMALLINT",
  INT32: "INTEGER",
  INT64: "BIGINT",
  INT128: "HUGEINT",
  UINT8: "UTINYINT",
  UINT16: "USMALLINT",
  UINT32: "UINTEGER",
  UINT64: "UBIGINT",
};
