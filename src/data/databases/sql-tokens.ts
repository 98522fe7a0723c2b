import { ToolError } from "../../errors.ts";

export type SqlDialect = "postgres" | "sqlite";

export interface Token {
  kind: "word" | "quoted" | "text" | "number" | "parameter" | "symbol";
  /** A word in lower case; what a quoted name means; anything else as it stands. */
  value: string;
}

interface Rule {
  kind: Token["kind"] | "space";
  pattern: RegExp;
  /** What the token means; absent where it means what it says. */
  read?: (found: RegExpExecArray) => string;
}

const unquote = (quote: string) => (found: RegExpExecArray) => found[0].slice(1, -1).replaceAll(quote + quote, quote);

const shared: Rule[] = [
  { kind: "space", pattern: /[ \t\n\r\f\v\ufeff]+|--[^\n\r]*/y },
  { kind: "quoted", pattern: /"(?:[^"]|"")*"/y, read: unquote('"') },
  { kind: "parameter", pattern: /\$\d+/y },
  { kind: "number", pattern: /(?:\d[\w.]*|\.\d[\w.]*)/y },
];

const word: Rule = {
  kind: "word",
  pattern: /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y,
  read: ([found]) => found.toLowerCase(),
};

/**
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html, with standard_conforming_strings on. A text goes on
 * behind a line break, and that of `E'…'` with its backslashes.
 */
const postgresRules: Rule[] = [
  ...shared,
  {
    kind: "text",
    pattern: /[eE]'(?:[^'\\]|\\[^]|'')*'(?:(?:[ \t\f\v]*(?:--[^\n\r]*)?[\n\r])+[ \t\f\v]*'(?:[^'\\]|\\[^]|'')*')*/y,
  },
  { kind: "text", pattern: /(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'/y },
  { kind: "text", pattern: /(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[^]*?\1/y },
  { ...word, pattern: /(?![eE]')[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y },
];

/** https://www.sqlite.org/lang_keywords.html and tokenize.c */
const sqliteRules: Rule[] = [
  ...shared,
  { kind: "space", pattern: /\/\*[^]*?(?:\*\/|$)/y },
  { kind: "text", pattern: /[xX]?'(?:[^']|'')*'/y },
  { kind: "quoted", pattern: /`(?:[^`]|``)*`/y, read: unquote("`") },
  { kind: "quoted", pattern: /\[[^\]]*\]/y, read: ([found]) => found.slice(1, -1) },
  { kind: "parameter", pattern: /\?\d*|[:@#$][\w$\u0080-\uffff:]+/y },
  word,
];

/**
 * The tokens of a statement, read as the database reads it: what it takes for text or a comment is none here either.
 *
 * @throws ToolError `invalid_input` for a quote or a comment that is not closed
 */
export function readTokens(sql: string, dialect: SqlDialect): Token[] {
  const rules = dialect === "postgres" ? postgresRules : sqliteRules;
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const comment = dialect === "postgres" && sql.startsWith("/*", at) ? nestedComment(sql, at) : 0;
    if (comment > 0) {
      at += comment;
      continue;
    }
    const { rule, found } = firstMatch(rules, sql, at);
    if (found === undefined || rule === undefined) {
      const symbol = sql.charAt(at);
      if (/["'`$e]/i.test(symbol)) throw unclosed("a quote", at);
      tokens.push({ kind: "symbol", value: symbol });
      at += 1;
    } else {
      if (rule.kind !== "space") tokens.push({ kind: rule.kind, value: rule.read?.(found) ?? found[0] });
      at += found[0].length;
    }
  }
  return tokens;
}

/** The rules come in the order in which they apply: `E'…'` is a text, not a word and a text. */
function firstMatch(rules: readonly Rule[], sql: string, at: number): { rule?: Rule; found?: RegExpExecArray } {
  for (const rule of rules) {
    rule.pattern.lastIndex = at;
    const found = rule.pattern.exec(sql);
    if (found !== null) return { rule, found };
  }
  return {};
}

/** PostgreSQL's comments nest. */
function nestedComment(sql: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex - start;
  }
  throw unclosed("a comment", start);
}

function unclosed(what: string, at: number): ToolError {
  return new ToolError("invalid_input", `sql opens ${what} at character ${at + 1} and does not close it`);
}
