import type { Client } from "pg";
import { ToolError } from "../../errors.ts";

/**
 * Begin the transaction that a statement runs in. Whatever is set, or set by the statement, ends with it, also where a
 * pooler hands the connection to somebody else. The time zone stays the role's: `date_trunc` shall mean what it means there.
 */
export async function beginReading(client: Client, timeoutMs: number): Promise<string[]> {
  const settings = {
    standard_conforming_strings: "on",
    DateStyle: "ISO, YMD",
    IntervalStyle: "postgres",
    bytea_output: "hex",
    extra_float_digits: "3",
  };
  const set = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`);
  await client.query(["BEGIN TRANSACTION READ ONLY", ...set, limitTimes(timeoutMs), noticeLoss].join("; "));
  const { rows } = await client.query<RoleRow>(roleQuery);
  return checkRole(rows[0]);
}

/** A shorter limit of the role's own stays. */
function limitTimes(timeoutMs: number): string {
  return `
    SELECT pg_catalog.set_config(name, least(nullif(setting::bigint, 0), ${timeoutMs})::text, true)
    FROM pg_catalog.pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout')`;
}

/** Where the server can (since 14, not on Windows), it stops soon after this process is gone, whatever ended it. */
const noticeLoss = `
  SELECT pg_catalog.set_config(name, '1s', true)
  FROM pg_catalog.pg_settings WHERE name = 'client_connection_check_interval' AND version() !~* 'windows|mingw|visual'`;

/** Files, programs and the write-ahead log are beyond what a read-only transaction holds back. */
const dangerousRoles = ["pg_read_server_files", "pg_write_server_files", "pg_execute_server_program"];

/** Membership counts, not only what is inherited: a session can take on any role it is a member of. */
const roleQuery = `
  SELECT session_user AS "user",
    array_to_string(array(
      SELECT r.rolname FROM pg_catalog.pg_roles r
      WHERE (r.rolsuper OR r.rolname IN (${dangerousRoles.map((name) => `'${name}'`).join()}))
        AND pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')), ', ') AS dangerous,
    s.rolsuper AS super, s.rolreplication AS replication, s.rolbypassrls AS bypass
  FROM pg_catalog.pg_roles s WHERE s.rolname = session_user`;

interface RoleRow {
  user: string;
  dangerous: string;
  super: boolean;
  replication: boolean;
  bypass: boolean;
}

function checkRole(role: RoleRow | undefined): string[] {
  if (role === undefined) throw new ToolError("unavailable", "the server does not tell what its role may do");
  const reason = role.super
    ? "is a superuser"
    : role.dangerous !== ""
      ? `is a member of ${role.dangerous}`
      : role.replication
        ? "may replicate"
        : undefined;
  if (reason !== undefined) throw dangerous(role.user, reason);
  return role.bypass ? [`the role ${role.user} bypasses row security: rows are shown that others would not see`] : [];
}

function dangerous(user: string, reason: string): ToolError {
  const advice =
    "CREATE ROLE axoner LOGIN PASSWORD '…'; GRANT USAGE ON SCHEMA public TO axoner; GRANT SELECT ON ALL TABLES IN SCHEMA public TO axoner;";
  return new ToolError(
    "not_allowed",
    `the role ${user} ${reason}, so that a statement could reach files and programs of the server; name a role that only reads in the URL, made so: ${advice}`,
  );
}
