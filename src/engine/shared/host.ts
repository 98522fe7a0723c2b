import { chmod, readdir, rm, stat, truncate, utimes } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "../../errors.ts";
import { log } from "../../log.ts";
import type { JsonValue } from "../../message.ts";
import { once, type Once } from "../../once.ts";
import type { Engine } from "../engine.ts";
import { send } from "../frames.ts";
import { serveEngine } from "../wire.ts";
import type { Activity } from "./activity.ts";
import { checkFolder, clearPlace, placeOf, writeToken, type EnginePlace } from "./folder.ts";
import { greetFront } from "./handshake.ts";
import { takeLock, type Lock } from "./lock.ts";
import { reachEngine } from "./reach.ts";
import { openShare } from "./share.ts";
import type { EngineStatus } from "./status.ts";

export interface SharedHostOptions {
  place: EnginePlace;
  version: string;
  /** Told of the calls, jobs included, by whoever opens the engine. */
  activity: Activity;
  /** Whether the place is that of these settings. */
  isOurs: (settings: JsonValue) => boolean;
  /** Called with the settings of the first front, which are those of all. @throws what is told to the front */
  open: (settings: JsonValue) => Promise<OpenedEngine>;
}

export interface OpenedEngine {
  engine: Engine;
  /** The engine ends when nothing has run for this long. */
  idleMs: number;
}

/** An engine that its predecessor has not made room for by then is not needed. */
const lockWaitMs = 8_000;
/** A front that does not hang up when it is asked to. */
const hangUpMs = 2_000;
/** The idle time until the settings say another one. */
const unopenedMs = 15_000;
const maxConnections = 1_000;

/**
 * Serve one engine to all fronts that find it, until nothing has run in it for a while, it has grown too large, or it is
 * told to stop. Nothing of it is left then.
 *
 * @returns false where another engine has the place
 */
export async function hostShared(options: SharedHostOptions): Promise<boolean> {
  const { place } = options;
  process.umask(0o077);
  await checkFolder(place.folder);
  const lock = await takeLock(place.lock, lockWaitMs);
  if (lock === undefined) return false;
  try {
    await serveUntilEnd(options);
  } finally {
    await end(place, lock);
  }
  return true;
}

async function end(place: EnginePlace, lock: Lock): Promise<void> {
  await clearPlace(place);
  lock.release();
}

async function serveUntilEnd({ place, version, activity, isOurs, open }: SharedHostOptions): Promise<void> {
  const secret = await writeToken(place);
  const startedAt = Date.now();
  const ending = Promise.withResolvers<"idle" | "stop">();
  activity.start(() => ending.resolve("idle"), unopenedMs);
  const connections = new Set<Socket>();
  let engine: Once<Engine> | undefined;
  const openOnce = async (settings: JsonValue): Promise<Engine> => {
    if (!isOurs(settings)) throw new ConfigError("this engine has another configuration");
    engine ??= once(async () => {
      const made = await open(settings);
      activity.endAfter(made.idleMs);
      return made.engine;
    });
    return await engine.get();
  };
  const status = (): EngineStatus => ({
    pid: process.pid,
    version,
    configuration: place.name,
    uptime_s: Math.round((Date.now() - startedAt) / 1_000),
    fronts: connections.size,
    calls: activity.running(),
    calls_done: activity.done(),
    memory_mb: Math.round(process.memoryUsage.rss() / 1e6),
  });
  const greet = async (socket: Socket) => {
    const purpose = await greetFront(socket, secret);
    if (purpose === "serve") {
      connections.add(socket);
      socket.once("close", () => connections.delete(socket));
      return serveEngine(
        socket,
        async (settings) => openShare(await openOnce(settings)),
        () => undefined,
      );
    }
    if (purpose === "status") send(socket, status());
    else if (purpose === "retire") activity.retire();
    else ending.resolve("stop");
    if (purpose !== "stop") socket.end();
    return undefined;
  };
  const server = await listen(place, (socket) => {
    socket.on("error", () => socket.destroy());
    greet(socket).catch((thrown: unknown) => {
      log.warn("a connection was refused", thrown);
      socket.destroy();
    });
  });
  const keeping = setInterval(() => void keep(place), keepEveryMs).unref();
  const stop = () => ending.resolve("stop");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  void retireOlder(place);

  const how = await ending.promise;
  clearInterval(keeping);
  server.close(); // which removes the socket: fronts that come now start the next engine
  if (how === "idle") await hangUp(connections, activity);
  await (await engine?.opened())?.close();
  for (const socket of connections) socket.destroySoon();
  await delay(0);
}

async function listen({ socket }: EnginePlace, onConnection: (socket: Socket) => void): Promise<Server> {
  await rm(socket, { force: true }); // of an engine that was killed: we hold the lock
  const server = createServer(onConnection);
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(socket, resolve);
  await promise;
  await chmod(socket, 0o600);
  return server;
}

/** Let fronts end their connections, so that no call is lost that was sent meanwhile. */
async function hangUp(connections: ReadonlySet<Socket>, activity: Activity): Promise<void> {
  for (const socket of connections) send(socket, { closing: true });
  for (const until = Date.now() + hangUpMs; activity.running() > 0 || connections.size > 0; await delay(20)) {
    if (activity.running() === 0 && Date.now() > until) return;
  }
}

const keepEveryMs = 60_000;
const maxLogBytes = 1_000_000;

/** Files in /tmp that nobody touches are tidied away, and what tools print must not fill it. */
async function keep({ token, lock, log: output }: EnginePlace): Promise<void> {
  const now = new Date();
  try {
    await Promise.all([token, lock].map((path) => utimes(path, now, now)));
    if ((await stat(output)).size > maxLogBytes) await truncate(output);
  } catch (thrown) {
    log.warn("the shared engine's files are gone", thrown);
  }
}

/** Engines of the same configuration and another version end as soon as nothing runs in them; what killed ones left is removed. */
async function retireOlder(place: EnginePlace): Promise<void> {
  const [configuration] = place.name.split("-");
  try {
    for (const file of await readdir(place.folder)) {
      const name = file.replace(/\.[a-z]+$/, "");
      if (name === place.name || !file.endsWith(".lock")) continue;
      const other = placeOf(place.folder, name);
      const left = await takeLock(other.lock, 0);
      if (left !== undefined) {
        for (const path of [other.socket, other.token, other.log, other.starting, other.lock])
          await rm(path, { force: true });
        left.release();
      } else if (name.startsWith(`${configuration}-`)) {
        (await reachEngine(other, "retire"))?.end();
      }
    }
  } catch (thrown) {
    log.warn("cannot tidy up after other engines", thrown);
  }
}
