import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { systemErrorCode } from "../../errors.ts";
import type { JsonObject } from "../../message.ts";
import { checkFolder, placeOf, readToken, type EnginePlace } from "./folder.ts";
import { readFrame } from "./handshake.ts";
import { killEngine } from "./kill-engine.ts";
import { reachEngine } from "./reach.ts";

/** What a shared engine tells of itself. */
export type EngineStatus = JsonObject & {
  pid: number;
  version: string;
  /** The digest of its configuration and of its version. */
  configuration: string;
  uptime_s: number;
  /** Connections of servers. */
  fronts: number;
  /** In flight, jobs included. */
  calls: number;
  calls_done: number;
  /** Of its own process, without those that run SQL, a browser or the like. */
  memory_mb: number;
};

export interface FoundEngine {
  status: EngineStatus;
  place: EnginePlace;
}

/**
 * The engines of this user and home that live.
 *
 * @throws UnsafePlaceError for a folder that others may change
 */
export async function findEngines(folder: string): Promise<FoundEngine[]> {
  const names = await readdir(folder).catch((thrown: unknown) => {
    if (systemErrorCode(thrown) === "ENOENT") return [];
    throw thrown;
  });
  if (names.length === 0) return [];
  checkFolder(folder);
  const sockets = names.filter((name) => name.endsWith(".sock"));
  const found = await Promise.all(sockets.map((file) => ask(placeOf(folder, file.slice(0, -".sock".length)))));
  return found.filter((engine) => engine !== undefined);
}

async function ask(place: EnginePlace): Promise<FoundEngine | undefined> {
  const socket = await reachEngine(place, "status");
  if (socket === undefined) return undefined; // it has ended, or was killed and left its socket
  try {
    return { place, status: (await readFrame(socket)) as EngineStatus };
  } finally {
    socket.destroy();
  }
}

const stopDeadlineMs = 5_000;

/** Stop an engine, and wait until it is gone. What runs in it is cancelled, its jobs are interrupted. */
export async function stopEngine(place: EnginePlace): Promise<void> {
  const pid = readToken(place)?.pid;
  const socket = await reachEngine(place, "stop");
  socket?.resume();
  if (pid === undefined || socket === undefined) return;
  for (const until = Date.now() + stopDeadlineMs; isThere(place, pid); await delay(20)) {
    if (Date.now() > until) return await killEngine(pid);
  }
}

/** The lock is the last that an engine removes: it runs nothing then. Another one may have come meanwhile. */
function isThere(place: EnginePlace, pid: number): boolean {
  const there = readToken(place)?.pid;
  return there === pid || (there === undefined && existsSync(place.lock));
}
