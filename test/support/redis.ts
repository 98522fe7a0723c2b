import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findRedisServer } from "../../scripts/lib/redis-server.mjs";
import { freePort } from "./free-port.ts";

/** A real Redis that keeps a log of what it is told. Whoever starts one stops it. */
export interface RedisServer {
  port: number;
  /** With the password. */
  url: string;
  password: string;
  /** Kill it as a crash would, and start it again on the same files and port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** It hears nothing from here on, and then again. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const password = "s3cret/of redis";

export async function startRedis(flags: string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "axoner-redis-"));
  const port = await freePort();
  const program = findRedisServer();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--requirepass", password];
  // with `everysec` a server whose disk is busy acknowledges what it has not even written yet
  const kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  let child: ChildProcess | undefined;

  const server: RedisServer = {
    port,
    password,
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`,
    async start() {
      child = spawn(program, [...settings, ...kept, ...flags], { stdio: "ignore" });
      const failed = once(child, "error").then(([thrown]) => Promise.reject(thrown as Error));
      await Promise.race([failed, untilListening(port)]);
    },
    async kill() {
      await end(child, "SIGKILL");
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async stop() {
      await end(child, "SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const socket = connect(port, "127.0.0.1");
    const [event] = await Promise.race([
      once(socket, "connect").then(() => ["connect"]),
      once(socket, "error").then(() => ["error"]),
    ]).catch(() => ["error"]);
    socket.destroy();
    if (event === "connect") return;
    await delay(25);
  }
  throw new Error(`no Redis listens on port ${port}`);
}
