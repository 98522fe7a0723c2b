import type { DatabaseDriver, StatementEnd } from "./driver.ts";
import { connectPostgres, type PostgresConnection } from "./postgres-connection.ts";
import { explainPostgresError, type PostgresFailure } from "./postgres-errors.ts";
import { openRowStream } from "./postgres-rows.ts";
import { beginReading } from "./postgres-session.ts";
import { readPostgresUrl } from "../../postgres-url.ts";
import { checkStatement } from "./statement-check.ts";

export interface PostgresOptions {
  /** Its name in the configuration. */
  name: string;
  url: string;
  /** The server gives up a statement a moment later, should nobody be there to cancel it. */
  timeoutMs: number;
}

/** One connection a statement, in a transaction that only reads. */
export function openPostgres({ name, url, timeoutMs }: PostgresOptions): DatabaseDriver {
  return {
    async run(statement, sink, signal) {
      const { names } = checkStatement(statement.sql, statement.params, "postgres");
      const address = readPostgresUrl(url);
      const failure: PostgresFailure = { database: name, address, names, sql: statement.sql, lookUp: undefined };
      let connection: PostgresConnection | undefined;
      try {
        connection = await connectPostgres(address, signal);
        failure.lookUp = lookUpWith(connection, signal);
        const notes = await connection.until(signal, beginReading(connection.client, timeoutMs + 1_000));
        const stream = openRowStream(statement, sink);
        connection.client.query(stream);
        return { types: await connection.until(signal, stream.ended), notes } satisfies StatementEnd;
      } catch (thrown) {
        signal.throwIfAborted();
        throw await explainPostgresError(thrown, failure);
      } finally {
        await connection?.close();
      }
    },
  };
}

const lookUpMs = 2_000;

/** Asks the catalog after a failed statement. What that fails with would hide the first failure: it gives nothing then. */
function lookUpWith({ client, until }: PostgresConnection, signal: AbortSignal): PostgresFailure["lookUp"] {
  return async (sql, params) => {
    try {
      const stop = AbortSignal.any([signal, AbortSignal.timeout(lookUpMs)]);
      await until(stop, client.query("ROLLBACK; BEGIN TRANSACTION READ ONLY"));
      const { rows } = await until(stop, client.query<string[]>({ text: sql, values: params, rowMode: "array" }));
      return rows.map(([value = ""]) => value);
    } catch {
      signal.throwIfAborted();
      return [];
    }
  };
}
