import { errorMessage, ToolError, type ErrorCode } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";
import { explainConversion, plainTypeName } from "./conversion-errors.ts";
import { columnsOf, type FailedRun } from "./failed-run.ts";
import { explainCall, explainFunction, plainType } from "./function-errors.ts";
import { plainName, quoteName } from "../sql-text.ts";

/**
 * What a mistake in a statement is and how to mend it, by the tables it was made over. Undefined for failures that are
 * not the statement's.
 */
export async function explainStatement(thrown: unknown, run: FailedRun): Promise<ToolError | undefined> {
  if (thrown instanceof ToolError) return undefined;
  const text = errorMessage(thrown);
  if (!/^(Binder|Catalog|Conversion|Invalid Input|Out of Range|Not implemented) Error: /.test(text)) return undefined;
  if (/CSV Error|JSON transform error|Malformed JSON in file/.test(text)) return undefined;
  for (const { pattern, explain } of explained) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const { code = "invalid_input", message } = asExplanation(
      await explain(
        match.slice(1).map((part) => part ?? ""),
        run,
      ),
    );
    return new ToolError(code, message, { cause: thrown });
  }
  return await explainConversion(text, run);
}

export interface Explanation {
  code?: ErrorCode;
  message: string;
}

interface Explained {
  pattern: RegExp;
  explain: (parts: string[], run: FailedRun) => string | Explanation | Promise<string>;
}

function asExplanation(given: string | Explanation): Explanation {
  return typeof given === "string" ? { message: given } : given;
}

const explained: readonly Explained[] = [
  {
    pattern: /Referenced column "([^]*?)" not found in FROM clause!(?:\s*Candidate bindings:([^]*?)\n\n)?/,
    explain: ([name = "", candidates = ""], run) =>
      missingColumn(`there is no column "${name}"`, name, { candidates, run }),
  },
  {
    pattern:
      /(?:Values list|Table) "([^"]*)" does not have a column named "([^"]*)"(?:\s*Candidate bindings:([^]*?)\n\n)?/,
    explain: ([table = "", name = "", candidates = ""], run) =>
      missingColumn(`${table} has no column "${name}"`, name, { candidates, run }),
  },
  {
    pattern: /Column "([^"]*)" in (EXCLUDE|REPLACE|RENAME) list not found/,
    explain: ([name = "", list = ""], run) =>
      missingColumn(`${list} names no column: "${name}"`, name, { candidates: "", run }),
  },
  {
    pattern: /Column "([^"]*)" does not exist on (left|right) side of join/,
    explain: ([name = "", side = ""], run) =>
      missingColumn(`USING needs a column of both tables; the ${side} one has no "${name}"`, name, {
        candidates: "",
        run,
      }),
  },
  {
    pattern: /Referenced table "([^"]*)" not found!(?:\s*Candidate tables?:([^\n]*))?/,
    explain: ([name = "", candidates = ""]) => {
      const names = quotedIn(candidates);
      const known = names.length === 0 ? "it has none" : `it has ${names.map(quoteName).join(", ")}`;
      return `the statement has no table or alias "${name}"${didYouMean(name, names)}; ${known}`;
    },
  },
  {
    pattern: /Ambiguous reference to column name "([^"]*)" \(use: ([^]*?)\)/,
    explain: ([name = "", uses = ""]) => {
      const ways = quotedIn(uses).map((use) => qualified(use, name));
      return `"${name}" is a column of several tables; write ${ways.join(" or ")}`;
    },
  },
  {
    pattern: /(?:Scalar|Aggregate|Table) Function with name ([^]*?) does not exist!/,
    explain: ([name = ""], run) => explainFunction(name, run),
  },
  {
    pattern: /Type with name "?([^"]*?)"? does not exist!/,
    explain: ([name = ""]) =>
      `there is no type ${name}${didYouMean(name, types)}; the common ones are ${types.join(", ")}`,
  },
  {
    pattern: /No function matches the given name and argument types '([^\n]*)'[^]*?Candidate functions:([^]*)/,
    explain: ([call = "", candidates = ""], run) => explainCall(call, candidates, run),
  },
  {
    pattern:
      /Could not choose a best candidate function for the function call "([^\n]*)"\. In[^]*?Candidate functions:([^]*)/,
    explain: ([call = "", candidates = ""], run) => explainCall(call, candidates, run),
  },
  {
    pattern: /column "?([^"\n]*?)"? must appear in the GROUP BY clause or (?:must )?be/,
    explain: ([name = ""]) =>
      `"${name}" is neither grouped by nor aggregated; add it to GROUP BY (GROUP BY ALL takes all such columns), or use any_value(${name})`,
  },
  {
    pattern: /(WHERE|GROUP BY) clause cannot contain aggregates/,
    explain: ([clause = ""]) =>
      clause === "WHERE"
        ? "WHERE is asked of single rows, before anything is aggregated; put conditions on aggregates after GROUP BY, in HAVING"
        : "GROUP BY cannot hold an aggregate; compute it in a subquery first, then group by its column",
  },
  {
    pattern: /(WHERE|HAVING|GROUP BY) clause cannot contain window functions/,
    explain: ([clause = ""]) => `${clause} cannot hold a window function; put the condition into QUALIFY`,
  },
  {
    pattern: /aggregate function calls cannot be nested/,
    explain: () => "an aggregate cannot be given another aggregate; compute the inner one in a subquery first",
  },
  {
    pattern: /at least one window function must appear/,
    explain: () => "QUALIFY is for window functions, and there is none; use WHERE instead",
  },
  {
    pattern: /More than one row returned by a subquery/,
    explain: () =>
      "a subquery that is used as a value gives more than one row; aggregate in it, add limit 1, or compare with IN",
  },
  {
    pattern: /Subquery returns (\d+) columns - expected 1/,
    explain: ([count = ""]) => `a subquery that is used as a value, or with IN, gives one column, not ${count}`,
  },
  {
    pattern: /No columns found to join on in NATURAL JOIN/,
    explain: async (_, run) => `the tables have no column in common to join by; write join … on …${await listed(run)}`,
  },
  {
    pattern: /Overflow in (?:\w+) of (\w+) \(([^()]*)\)/,
    explain: ([type = "", what = ""]) =>
      `${what} is out of the range of ${plainTypeName(type)}; cast one side to a larger type, e.g. HUGEINT or DOUBLE`,
  },
  {
    pattern: /Unimplemented type for cast \((.*) -> (.*)\)/,
    explain: ([from = "", to = ""]) =>
      `${plainType(from)} cannot become ${to}; ${/^(DATE|TIME)/.test(to) ? "a date is written in quotes: '2026-01-31'" : "convert it another way"}`,
  },
  {
    pattern: /Invalid Input Error: ((?:missing|unexpected|invalid|bad|no argument for|trailing) [^\n]*: [^\n]*)$/,
    explain: ([reason = ""]) => `the regular expression is wrong: ${reason}`,
  },
  {
    pattern: /Set operations can only apply to expressions with the same number/,
    explain: () =>
      "UNION, EXCEPT and INTERSECT need as many columns on one side as on the other; UNION ALL BY NAME fills those that one side does not have",
  },
  {
    pattern: /Could not find key "([^"]*)" in struct(?:\s*Candidate Entries:([^\n]*))?/,
    explain: ([key = "", entries = ""]) => {
      const names = quotedIn(entries);
      return `the struct has no field "${key}"${didYouMean(key, names)}; it has ${names.join(", ")}`;
    },
  },
  {
    pattern: /extract specifier "([^"]*)" not recognized/,
    explain: ([part = ""]) =>
      `"${part}" is no part of a date${didYouMean(part, dateParts)}; use ${dateParts.join(", ")}`,
  },
  {
    pattern: /Cannot compare values of type (.*) and type (.*) - an explicit cast/,
    explain: ([left = "", right = ""]) => {
      const [a, b] = [plainType(left), plainType(right)];
      const text = [a, b].includes("VARCHAR") ? ", or write the other one in quotes to compare texts" : "";
      return `${a} and ${b} cannot be compared; convert one of them, e.g. try_cast(… as ${a === "VARCHAR" ? b : a})${text}`;
    },
  },
  {
    pattern: /Cannot unpivot columns of types (.*) and (.*) - an explicit cast/,
    explain: ([a = "", b = ""]) =>
      `UNPIVOT puts its columns into one, so they have one type, not ${a} and ${b}; unpivot (select … ::varchar …), or leave some out`,
  },
  {
    pattern: /No matching columns found that match regex "([^"]*)"/,
    explain: async ([regex = ""], run) => `no column matches "${regex}"${await listed(run)}`,
  },
  {
    pattern: /(ORDER|GROUP BY) term out of range - should be between 1 and (\d+)/,
    explain: ([clause = "", most = ""]) =>
      `a number in ${clause === "ORDER" ? "ORDER BY" : "GROUP BY"} is that of a selected column; there are ${most}`,
  },
  {
    pattern: /STAR expression is only allowed as the root element/,
    explain: () =>
      "* stands for all columns only by itself; in an expression write COLUMNS(*), in count(distinct …) the columns",
  },
  {
    pattern: /expression depth limit/,
    explain: () => "sql is nested too deeply to be run; write it flatter, e.g. with in (…) for many alternatives",
  },
  {
    pattern: /Pivot column limit of (\d+) exceeded/i,
    explain: () => ({
      code: "too_large",
      message: "PIVOT would make too many columns; name fewer values, or use GROUP BY",
    }),
  },
];

const types =
  "INTEGER BIGINT DOUBLE DECIMAL(18,2) VARCHAR BOOLEAN DATE TIMESTAMP TIMESTAMPTZ TIME INTERVAL JSON UUID".split(" ");

const dateParts = "year quarter month week day dayofweek dayofyear hour minute second epoch".split(" ");

function quotedIn(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")*)"/g)].map(([, name = ""]) => name);
}

/** `sales.csv.sku` as `"sales.csv".sku`. */
function qualified(use: string, name: string): string {
  const table = use.slice(0, -name.length - 1);
  return `${plainName(table)}.${plainName(name)}`;
}

interface Missing {
  candidates: string;
  run: FailedRun;
}

/** With the nearest of the columns, and all of them where that is short. */
async function missingColumn(what: string, name: string, { candidates, run }: Missing): Promise<string> {
  const tables = await columnsOf(run);
  const own = tables.flatMap(({ columns }) => columns.map((column) => column.name));
  const bound = quotedIn(candidates).map((binding) => own.find((column) => binding.endsWith(`.${column}`)) ?? binding);
  const near = didYouMean(name, [...new Set([...own, ...bound])]);
  const isText = near === "" && run.sql.includes(quoteName(name));
  const text = isText ? `; a text is written in single quotes: '${name.replaceAll("'", "''")}'` : "";
  return `${what}${near}${text}${await listed(run)}`;
}

const maxListed = 40;

async function listed(run: FailedRun): Promise<string> {
  const tables = (await columnsOf(run)).filter(({ columns }) => columns.length > 0).slice(0, 3);
  const lists = tables.map(({ source, columns }) => {
    const more = columns.length > maxListed ? `, … (${columns.length} in all)` : "";
    const names = columns.slice(0, maxListed).map(({ name }) => cutText(name, 60));
    return `; '${cutText(source.source.name, 100)}' has ${names.join(", ")}${more}`;
  });
  return lists.join("");
}
