import type { Config } from "../config.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tape } from "../recording/tape.ts";

/** One for each configuration, whatever of it is opened. */
const tapes = new WeakMap<Config, Promise<Tape>>();

function isRecorded({ record, replay }: Config): boolean {
  return record !== undefined || replay !== undefined;
}

/**
 * What records or replays, where something is to be. Without `--record` and `--replay` nothing is loaded.
 *
 * @throws ConfigError for a file that cannot be begun or read
 */
export async function tapeOf(config: Config): Promise<Tape | undefined> {
  if (!isRecorded(config)) return undefined;
  const opening = tapes.get(config) ?? import("../recording/setup.ts").then(({ openTape }) => openTape(config));
  tapes.set(config, opening);
  return opening;
}

/** The configuration as it is for a recording or a replay. @throws ConfigError */
export async function withRecording(config: Config): Promise<Config> {
  return isRecorded(config) ? (await import("../recording/setup.ts")).prepareRecording(config) : config;
}

/** The same engine, whose calls are recorded or replayed. */
export async function tapedOf(engine: Engine, config: Config): Promise<Engine> {
  const tape = await tapeOf(config);
  return tape === undefined ? engine : (await import("../recording/taped-engine.ts")).tapedEngine(engine, tape);
}
