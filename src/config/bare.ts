import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReadConfig } from "../config.ts";
import { options, readOptions } from "./options.ts";
import { findUserFile, readCommandLine } from "./sources.ts";
import { readTelemetry } from "./telemetry.ts";

/**
 * What holds where nothing can be read: for whoever says why that is.
 *
 * @throws ConfigError for a command line that cannot be read
 */
export function bareConfig(argv: readonly string[], environment: NodeJS.ProcessEnv): ReadConfig {
  const commandLine = readCommandLine(argv, options);
  const { configFile, rest } = commandLine;
  const { path } = findUserFile(configFile ?? environment["AXONER_CONFIG"], environment);
  const { root: _root, plugin: _plugin, database: _database, ...kept } = readOptions({});
  const folders = { roots: [], plugins: [], workspace: join(tmpdir(), "axoner-workspace"), allow_write: [] };
  const read = { databases: {}, agent_depth: 0, record_begun: false, private_paths: [path], secrets: {} };
  const outside = { proxies: { except: [] }, telemetry: readTelemetry({}) };
  return { config: { ...kept, ...folders, ...read, ...outside }, commandLine, rest, path };
}
