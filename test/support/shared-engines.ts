import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Config } from "../../src/config.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { findEngines, stopEngine } from "../../src/engine/shared/status.ts";
import { openShared } from "../../src/runtime/shared-engine.ts";
import { configFor, temporaryFolder } from "./config.ts";

/** The tools of `engine-tools.ts`, as an engine loads them. */
export const plugin = fileURLToPath(new URL("engine-tools.ts", import.meta.url));
export const ignore = { signal: new AbortController().signal, progress: () => undefined };

/** Where the engines of a test meet; what is left in it is stopped. */
export function meetingPlace(): string {
  const folder = join(temporaryFolder(), "engines");
  onTestFinished(() => stopAll(folder));
  return folder;
}

export async function stopAll(folder: string): Promise<void> {
  await Promise.all((await findEngines(folder)).map(({ place }) => stopEngine(place)));
}

export function openIn(folder: string, changes: Partial<Config> = {}): Engine {
  const config = configFor("/nonexistent", { plugins: [plugin], shared_engine: "on", ...changes });
  const engine = openShared(config, { folder });
  onTestFinished(() => engine.close());
  return engine;
}

export async function pidOf(engine: Engine): Promise<number> {
  const result = await engine.call("print", {}, ignore);
  if (!result.ok) throw new Error(result.message);
  return Number(result.value["pid"]);
}
