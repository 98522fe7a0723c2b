import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { cancelOnServer, type CancelTarget, type ServerProcess } from "./postgres-cancel.ts";
import { isWithoutTls } from "./postgres-errors.ts";
import { tlsOptions, type PostgresAddress } from "../../postgres-url.ts";

/** A connection for one statement. Whoever opens one closes it. */
export interface PostgresConnection {
  client: Client;
  /** Wait for what the server does. On abort it is told to stop, and a moment later the connection is cut. */
  until<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

/** How long a server may take to stop before its connection is cut. */
const stopMs = 300;
const closeMs = 1_000;

/** @throws the signal's reason; what pg throws */
export async function connectPostgres(address: PostgresAddress, signal: AbortSignal): Promise<PostgresConnection> {
  const { host, port, sslMode } = address;
  const target = { host, port, tls: await tlsOptions(address) };
  try {
    return await connectOnce(address, target, signal);
  } catch (thrown) {
    if (sslMode !== "prefer" || !isWithoutTls(thrown)) throw thrown;
    return await connectOnce(address, { ...target, tls: false }, signal);
  }
}

async function connectOnce(
  address: PostgresAddress,
  target: CancelTarget,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const client = await newClient(address, target);
  let process: ServerProcess | undefined;
  client.connection.on("backendKeyData", (message: ServerProcess) => (process = message));
  const cut = () => void client.connection.stream.destroy();

  async function stop(work: Promise<unknown>): Promise<void> {
    client.connection.stream.resume(); // a server that waits for its rows to be read hears of nothing
    const stopped = work.then(nothing, nothing);
    if (process !== undefined) void cancelOnServer(target, process);
    await Promise.race([stopped, delay(stopMs, undefined, { ref: false })]);
    cut();
  }

  const connection: PostgresConnection = {
    client,
    async until(stopSignal, work) {
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      const abort = () => reject(stopSignal.reason);
      stopSignal.addEventListener("abort", abort, { once: true });
      if (stopSignal.aborted) abort();
      try {
        return await Promise.race([work, aborted]);
      } catch (thrown) {
        if (stopSignal.aborted) await stop(work);
        throw thrown;
      } finally {
        stopSignal.removeEventListener("abort", abort);
      }
    },
    async close() {
      await Promise.race([client.end().catch(nothing), delay(closeMs, undefined, { ref: false })]);
      cut();
    },
  };
  try {
    await connection.until(signal, client.connect());
    return connection;
  } catch (thrown) {
    cut();
    throw thrown;
  }
}

async function newClient(address: PostgresAddress, { tls }: CancelTarget): Promise<Client> {
  const { default: pg } = await import("pg");
  const { host, port, user, database, password, options, connectTimeoutMs } = address;
  const client = new pg.Client({
    host,
    port,
    user,
    database,
    ssl: tls,
    application_name: "axoner",
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
    ...(password === undefined ? {} : { password }),
    ...(options === undefined ? {} : { options }),
  });
  client.on("error", nothing); // told by what waits for the connection
  return client;
}

function nothing(): void {}
