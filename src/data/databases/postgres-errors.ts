import { errorMessage, systemErrorCode, ToolError, type ErrorCode } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";
import { hostname, type PostgresAddress } from "../../postgres-url.ts";

/** What a failure is told with. */
export interface PostgresFailure {
  /** The database's name in the configuration. */
  database: string;
  address: PostgresAddress;
  sql: string;
  /** The names in the statement. */
  names: readonly string[];
  /** Look something up in the catalog; undefined where there is no connection. */
  lookUp: ((sql: string, params: string[][]) => Promise<string[]>) | undefined;
}

/** A refusal as the server words it. https://www.postgresql.org/docs/current/protocol-error-fields.html */
interface ServerError extends Error {
  code: string;
  detail?: string;
  hint?: string;
  position?: string;
}

export function isWithoutTls(thrown: unknown): boolean {
  return /does not support SSL/i.test(errorMessage(thrown));
}

/** What a failure means to the caller, without anything secret of the URL. */
export async function explainPostgresError(thrown: unknown, failure: PostgresFailure): Promise<unknown> {
  if (thrown instanceof ToolError) return thrown;
  const explained = isServerError(thrown)
    ? await explainRefusal(thrown, failure)
    : explainConnection(thrown, failure.address);
  if (explained === undefined) return thrown;
  const { code, message } = explained;
  return new ToolError(code, withoutSecrets(`database ${failure.database}: ${message}`, failure.address.secrets));
}

interface Explained {
  code: ErrorCode;
  message: string;
}

function isServerError(thrown: unknown): thrown is ServerError {
  return thrown instanceof Error && "severity" in thrown && /^[0-9A-Z]{5}$/.test(systemErrorCode(thrown) ?? "");
}

function explainConnection(thrown: unknown, address: PostgresAddress): Explained | undefined {
  const code = systemErrorCode(thrown) ?? systemErrorCode((thrown as AggregateError | undefined)?.errors?.[0]) ?? "";
  const text = errorMessage(thrown);
  const where = hostname(address);
  if (isWithoutTls(thrown))
    return {
      code: "unavailable",
      message: `the server at ${where} offers no TLS, which sslmode=${address.sslMode} demands; correct the server, or use sslmode=prefer or disable`,
    };
  if (/CERT|SIGNED|SIGNATURE|ERR_TLS|ERR_SSL|EPROTO|SSL connection/.test(`${code} ${text}`))
    return {
      code: "unavailable",
      message: `no TLS connection to ${where}: ${cutText(text, 200)} (${code}); name the authority with sslrootcert=FILE, or use sslmode=require, which does not check the certificate`,
    };
  if (/password must be a string|no password/i.test(text))
    return {
      code: "not_allowed",
      message: `the server at ${where} asks for the password of ${address.user}, and the URL has none; write it into the URL: postgres://USER:PASSWORD@…`,
    };
  if (code === "" && !/timeout|terminated|ended|closed/i.test(text)) return undefined;
  const reason = code === "" ? "it did not answer in time, or closed the connection" : code;
  return {
    code: "unavailable",
    message: `there is no connection to the server at ${where} (${reason}); see that it runs, and that host and port are right`,
  };
}

const byCode: Record<string, { code: ErrorCode; advice: string }> = {
  "28P01": { code: "not_allowed", advice: "correct user or password in the URL (--database NAME=URL)" },
  "28000": { code: "not_allowed", advice: "correct the URL; where the server demands TLS, add ?sslmode=require" },
  "3D000": { code: "not_found", advice: "correct the database's name at the end of the URL (--database NAME=URL)" },
  "25001": { code: "not_allowed", advice: "only statements that read can be run here" },
  "25006": { code: "not_allowed", advice: "only statements that read can be run here" },
  "42501": { code: "not_allowed", advice: "ask for tables this role may read, or GRANT SELECT on it" },
  "57014": { code: "timeout", advice: "filter earlier, or ask for less" },
  "53100": { code: "too_large", advice: "filter or aggregate earlier" },
  "53200": { code: "too_large", advice: "filter or aggregate earlier" },
  "53400": { code: "too_large", advice: "filter or aggregate earlier" },
  "54000": { code: "too_large", advice: "make the statement or its values smaller" },
  "42601": { code: "invalid_input", advice: "write it as PostgreSQL has it" },
  "08P01": { code: "invalid_input", advice: "give one value in params for each of $1, $2, …" },
};

/** The classes of SQLSTATE in which the statement is at fault, or what it meets. */
const inputClasses = /^(?:0A|21|22|23|26|2F|33|34|39|42|44|P0)/;

async function explainRefusal(error: ServerError, failure: PostgresFailure): Promise<Explained> {
  const { code, message, hint } = error;
  const parts = [message, hint].flatMap((part) => (part ? part.replaceAll(/\s+/g, " ").replace(/\.\s*$/, "") : []));
  const told = cutText(parts.join("; "), 800) + place(error, failure);
  if (code === "42703") return { code: "invalid_input", message: `${told}${await nearColumns(message, failure)}` };
  if (code === "42P01" || code === "3F000")
    return { code: "not_found", message: `${told}${await nearTables(message, failure)}` };
  const known = byCode[code];
  if (known !== undefined) return { code: known.code, message: `${told}; ${known.advice}` };
  if (inputClasses.test(code)) return { code: "invalid_input", message: told };
  return { code: "unavailable", message: `${told} (${code}); try again later` };
}

/** Where a syntax error lies: the server counts characters from 1. */
function place({ code, position }: ServerError, { sql }: PostgresFailure): string {
  if (code !== "42601" || position === undefined) return "";
  const before = [...sql].slice(0, Number(position) - 1).join("");
  return ` (line ${before.split("\n").length})`;
}

const columnsOfTables = `
  SELECT DISTINCT a.attname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  WHERE c.relname::text = ANY($1) AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY 1 LIMIT 2000`;

const tables = `
  SELECT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg_toast%' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  ORDER BY 1 LIMIT 2000`;

async function nearColumns(message: string, { names, lookUp }: PostgresFailure): Promise<string> {
  const wanted = (/column (?:"([^"]+)"|(\S+)) /.exec(message)?.slice(1).find(Boolean) ?? "").replace(/^.*\./, "");
  const found = (await lookUp?.(columnsOfTables, [[...names]])) ?? [];
  return didYouMean(wanted, found) || listed("the columns are", found);
}

async function nearTables(message: string, { lookUp }: PostgresFailure): Promise<string> {
  const wanted = /"([^"]+)"/.exec(message)?.[1] ?? "";
  const found = (await lookUp?.(tables, [])) ?? [];
  return didYouMean(wanted, found) || didYouMean(wanted.replace(/^.*\./, ""), found) || listed("the tables are", found);
}

const maxListed = 20;

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > maxListed ? `, … (${names.length} in all)` : "";
  return `; ${what} ${names.slice(0, maxListed).join(", ")}${more}`;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}
