import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { ConnectionOptions } from "node:tls";
import { errorMessage, ToolError } from "./errors.ts";

/** How to reach a server, out of the URL of a configuration. */
export interface PostgresAddress {
  host: string;
  port: number;
  user: string;
  database: string;
  password: string | undefined;
  /** As libpq names them; `prefer` where nothing is said: TLS if the server offers it. */
  sslMode: SslMode;
  /** Files and passphrase for TLS, from the URL. */
  sslFiles: { ca?: string; cert?: string; key?: string; passphrase?: string };
  connectTimeoutMs: number;
  /** Settings the user wants for the session, as libpq's `options`. */
  options: string | undefined;
  /** Texts that no message may hold. */
  secrets: string[];
}

const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

const defaultTimeoutMs = 10_000;

/**
 * Read `postgres://user:password@host:port/database?sslmode=…` as libpq does.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 *
 * @param option where the URL is given
 * @throws ToolError `unavailable` with a message that holds nothing of the URL
 */
export function readPostgresUrl(text: string, option = "--database NAME=URL"): PostgresAddress {
  const url = URL.parse(text) ?? URL.parse(text.replace("//@", "//").replace("///", "//localhost/"));
  if (url === null) throw broken("it is no URL; percent-encode what is special in a password, e.g. @ as %40", option);
  const given = (name: string) => url.searchParams.get(name) || undefined;
  const mode = given("sslmode") ?? (given("ssl") === "true" ? "require" : "prefer");
  const sslMode = sslModes.find((known) => known === mode);
  if (sslMode === undefined) throw broken(`sslmode must be one of ${sslModes.join(", ")}`, option);
  const user = decode(url.username, option) || given("user") || userInfo().username;
  const password = decode(url.password, option) || given("password");
  const passphrase = given("sslpassword");
  const timeoutS = Number(given("connect_timeout") ?? 0);
  return {
    host: given("host") ?? (decode(url.hostname.replace(/^\[(.*)\]$/, "$1"), option) || "localhost"),
    port: Number(url.port || given("port") || 5_432),
    user,
    database: decode(url.pathname.slice(1), option) || given("dbname") || user,
    password,
    sslMode,
    sslFiles: {
      ...optional("ca", given("sslrootcert")),
      ...optional("cert", given("sslcert")),
      ...optional("key", given("sslkey")),
      ...optional("passphrase", passphrase),
    },
    connectTimeoutMs: timeoutS > 0 ? timeoutS * 1_000 : defaultTimeoutMs,
    options: given("options"),
    secrets: [password, passphrase, url.password].flatMap((secret) => secret || []),
  };
}

/** Where a server is, as messages call it. */
export function hostname({ host, port }: PostgresAddress): string {
  return host.startsWith("/") ? host : `${host}:${port}`;
}

/** What TLS needs; false for none. As in libpq, `require` checks a certificate only where its authority is named. */
export async function tlsOptions({ sslMode, sslFiles }: PostgresAddress): Promise<false | ConnectionOptions> {
  if (sslMode === "disable" || sslMode === "allow") return false;
  const { ca, cert, key, passphrase } = sslFiles;
  const isChecked = sslMode.startsWith("verify-") || (sslMode === "require" && ca !== undefined);
  const isNameChecked = sslMode === "verify-full";
  return {
    rejectUnauthorized: isChecked,
    ...(isNameChecked ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined || ca === "system" ? {} : { ca: await readPem("sslrootcert", ca) }),
    ...(cert === undefined ? {} : { cert: await readPem("sslcert", cert) }),
    ...(key === undefined ? {} : { key: await readPem("sslkey", key) }),
    ...optional("passphrase", passphrase),
  };
}

async function readPem(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw new ToolError("unavailable", `the file of ${name} cannot be read: ${errorMessage(thrown)}; correct the URL`, {
      cause: thrown,
    });
  }
}

function decode(text: string, option: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw broken("a % in it is not followed by two hex digits; write % as %25", option);
  }
}

function optional<Key extends string>(key: Key, value: string | undefined): { [name in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [name in Key]: string });
}

/** Nothing of the URL is said, which may hold a password. */
function broken(why: string, option: string): ToolError {
  return new ToolError("unavailable", `the URL of the database cannot be read: ${why} (${option})`);
}
