import { chmod, rm } from "node:fs/promises";
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
import { checkFolder, clearPlace, writeToken, type EnginePlace } from "./folder.ts";
import { greetFront } from "./handshake.ts";
import { keepFiles, retireOlder } from "./housekeeping.ts";
import { takeLock, type Lock } from "./lock.ts";
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
const keepEveryMs = 60_000;
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
  checkFolder(place.folder);
  const lock = await takeLock(place.lock, lockWaitMs);
  if (lock === undefined) return false;
  try {
    await serveUntilEnd(options);
  } finally {
    end(place, lock);
  }
  return true;
}

function end(place: EnginePlace, lock: Lock): void {
  clearPlace(place);
  lock.release();
}

async function serveUntilEnd(options: SharedHostOptions): Promise<void> {
  const { place, activity } = options;
  const secret = writeToken(place);
  const ending = Promise.withResolvers<"idle" | "stop">();
  activity.start(() => ending.resolve("idle"), unopenedMs);
  const house: House = {
    ...options,
    startedAt: Date.now(),
    connections: new Set(),
    greeting: 0,
    isEnding: false,
    engine: openOnce(options),
    stop: () => ending.resolve("stop"),
  };
  const server = await listen(place, (socket) => {
    socket.on("error", () => socket.destroy());
    receive(socket, secret, house).catch((thrown: unknown) => {
      log.warn("a connection was refused", thrown);
      socket.destroy();
    });
  });
  const keeping = setInterval(() => void keepFiles(place), keepEveryMs).unref();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, house.stop);
  void retireOlder(place);

  const how = await ending.promise;
  clearInterval(keeping);
  server.close(); // which removes the socket: fronts that come now start the next engine
  house.isEnding = true;
  if (how === "idle") await hangUp(house);
  await (await house.engine.opened())?.close();
  for (const socket of house.connections) socket.destroySoon();
  await delay(0); // what was answered last is written
}

interface House extends SharedHostOptions {
  startedAt: number;
  connections: Set<Socket>;
  /** How many have come and not yet said what they want. */
  greeting: number;
  /** Fronts are asked to hang up, those too that were about to call when the idle time ended. */
  isEnding: boolean;
  engine: EngineOnce;
  stop: () => void;
}

interface EngineOnce {
  /** @throws ConfigError for other settings than the place's, and what opening throws */
  get(settings: JsonValue): Promise<Engine>;
  opened(): Promise<Engine | undefined>;
}

function openOnce({ isOurs, open, activity }: SharedHostOptions): EngineOnce {
  let engine: Once<Engine> | undefined;
  return {
    async get(settings) {
      if (!isOurs(settings)) throw new ConfigError("this engine has another configuration");
      engine ??= once(async () => {
        const made = await open(settings);
        activity.endAfter(made.idleMs);
        return made.engine;
      });
      return await engine.get();
    },
    opened: async () => engine?.opened(),
  };
}

async function receive(socket: Socket, secret: Buffer, house: House): Promise<void> {
  house.greeting += 1;
  const purpose = await greetFront(socket, secret).finally(() => (house.greeting -= 1));
  if (purpose === "stop") return house.stop();
  if (purpose === "serve") {
    house.connections.add(socket);
    socket.once("close", () => house.connections.delete(socket));
    serveEngine(
      socket,
      async (settings) => ({ ...(await house.engine.get(settings)), close: () => Promise.resolve() }), // it is that of others too
      () => undefined,
    );
    if (house.isEnding) send(socket, { closing: true });
    return;
  }
  if (purpose === "status") send(socket, statusOf(house));
  else house.activity.retire();
  socket.end();
}

function statusOf({ version, place, startedAt, connections, activity }: House): EngineStatus {
  return {
    pid: process.pid,
    version,
    configuration: place.name,
    uptime_s: Math.round((Date.now() - startedAt) / 1_000),
    fronts: connections.size,
    calls: activity.running(),
    calls_done: activity.done(),
    memory_mb: Math.round(process.memoryUsage.rss() / 1e6),
  };
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
async function hangUp(house: House): Promise<void> {
  const { connections, activity } = house;
  for (const socket of connections) send(socket, { closing: true });
  const isInUse = () => activity.running() + connections.size + house.greeting > 0;
  for (const until = Date.now() + hangUpMs; isInUse(); await delay(20)) {
    if (activity.running() === 0 && Date.now() > until) return;
  }
}
