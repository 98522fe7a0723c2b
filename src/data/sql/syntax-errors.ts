import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";
import { quoteName } from "../sql-text.ts";

/** Words that name nothing unless they are quoted. */
const reserved = new Set(
  "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default deferrable desc describe distinct do else end except false fetch for foreign from group having in initially intersect into lambda lateral leading limit not null offset on only or order pivot placing primary qualify references returning select show some summarize symmetric table then to trailing true union unique unpivot using variadic when where window with".split(
    " ",
  ),
);

/** Those that begin or join the parts of a statement, so that one in the wrong place is hardly meant as a name. */
const clauses =
  "select from where group having order limit offset union intersect except join on using qualify window with values left right inner outer cross by as and distinct between like".split(
    " ",
  );

const example = "write one SELECT of DuckDB's SQL, e.g. select a, count(*) from 'table.csv' group by a";

/**
 * What a text that cannot be parsed may have been meant to say.
 *
 * @param position where DuckDB stopped, in bytes
 */
export function explainSyntax(sql: string, message: string, position: number | undefined): string {
  const quote = /^unterminated quoted (string|identifier)/.exec(message)?.[1];
  if (quote !== undefined) {
    const begun = cutText(/at or near "([^]*)"$/.exec(message)?.[1] ?? "", 40);
    return quote === "string"
      ? `a text begins with ${begun} and never ends; close it with '`
      : `a quoted name begins with ${begun} and never ends; close it with "`;
  }
  if (/^memory exhausted|expression depth limit/.test(message))
    return "sql is nested too deeply to be read; write it flatter, e.g. with in (…) for many alternatives, or with lists";
  if (message.startsWith("SELECT INTO"))
    return "SELECT … INTO makes no table here; leave it out, and keep the result with save_as";
  if (!message.startsWith("syntax error") || position === undefined)
    return `${message.replace(/[.!]$/, "")}; ${example}`;
  const bytes = Buffer.from(sql);
  const before = bytes.subarray(0, position).toString();
  const near = /^syntax error at or near "([^]*)"$/.exec(message)?.[1];
  const words = before.match(/[A-Za-z_]\w*|"[^"]*"|'[^']*'|\S/g) ?? [];
  if (near === undefined) {
    const last = before.trimEnd() === "" ? undefined : words.at(-1);
    const advice =
      openBrackets(words) > 0
        ? "a bracket is left open"
        : /\bjoin\s+\S+(\s+(as\s+)?\w+)?\s*$/i.test(before)
          ? "JOIN needs ON condition or USING (column)"
          : "write what belongs there";
    return `sql ends too early${last === undefined ? "" : `, after ${cutText(last, 40)}`}; ${advice}`;
  }
  return `sql cannot be read at ${cutText(near, 60)}: ${hint(near, words, sql) ?? example}`;
}

/**
 * A text with the name of a table in quotes, which was taken for a word that joins tables, e.g. `from semi`; undefined
 * where it fails on anything else.
 */
export function withQuotedTable(sql: string, message: string, position: number): string | undefined {
  const near = /^syntax error at or near "(\w+)"$/.exec(message)?.[1];
  if (near === undefined || clauses.includes(near.toLowerCase()) || reserved.has(near.toLowerCase())) return undefined;
  const bytes = Buffer.from(sql);
  const [before, after] = [bytes.subarray(0, position).toString(), bytes.subarray(position).toString()];
  if (!/\b(from|join)\s+$/i.test(before) || !after.startsWith(near)) return undefined;
  return `${before}${quoteName(near)}${after.slice(near.length)}`;
}

function hint(near: string, words: readonly string[], sql: string): string | undefined {
  const [last = "", beforeLast = ""] = words.slice(-2).toReversed();
  if (/^top$/i.test(last) && /^\d/.test(near)) return `write limit ${near} at the end instead`;
  if (near === "/" || near === "\\") return "a path is written in quotes, e.g. from 'folder/file.csv'";
  const isNamed = reserved.has(near.toLowerCase()) && !clauses.includes(near.toLowerCase());
  if (isNamed) return `${near} is a word of SQL; as a name it is written in double quotes: "${near}"`;
  for (const word of [near, last]) {
    const meant = /^[a-z]\w+$/i.test(word) && !clauses.includes(word.toLowerCase()) ? didYouMean(word, clauses) : "";
    if (meant !== "") return `${word} is no word of SQL there${meant}`;
  }
  if (reserved.has(last.toLowerCase()) && /^(select|,|\.|by|\()$/i.test(beforeLast))
    return `${last} is a word of SQL; as a name it is written in double quotes: "${last}"`;
  if (openBrackets(words) > 0 && clauses.includes(near.toLowerCase())) return "a bracket before it is left open";
  if (near === ")" && openBrackets(words) === 0) return "it closes a bracket that is not open";
  if (near === "," || last === ",") return "there is a comma too many, or something is missing beside it";
  if (/^[\w"']/.test(near) && /^[\w"'\])]/.test(last) && !clauses.includes(last.toLowerCase()))
    return `a comma or an operator may be missing between ${cutText(last, 40)} and ${cutText(near, 40)}`;
  return /`/.test(sql) ? 'names are quoted with ", not with `' : undefined;
}

function openBrackets(words: readonly string[]): number {
  return words.filter((word) => word === "(").length - words.filter((word) => word === ")").length;
}
