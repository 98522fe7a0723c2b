import type { Config } from "./config.ts";
import type { Tape } from "./recording/tape.ts";

/** One for each configuration, whatever of it is opened. */
const tapes = new WeakMap<Config, Promise<Tape>>();

export function isRecorded({ record, replay }: Config): boolean {
  return record !== undefined || replay !== undefined;
}

/**
 * What records or replays, where something is to be. Without `--record` and `--replay` nothing is loaded.
 *
 * @throws ConfigError for a file that cannot be begun or read
 */
export async function tapeOf(config: Config): Promise<Tape | undefined> {
  if (!isRecorded(config)) return undefined;
  const opening = tapes.get(config) ?? import("./recording/setup.ts").then(({ openTape }) => openTape(config));
  tapes.set(config, opening);
  return opening;
}

/** The configuration as it is for a recording or a replay. @throws ConfigError */
export async function withRecording(config: Config): Promise<Config> {
  return isRecorded(config) ? (await import("./recording/setup.ts")).prepareRecording(config) : config;
}
