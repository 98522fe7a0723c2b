import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import { childEnvironment } from "../config/child-environment.ts";
import { sha256 } from "../engine/shared/digest.ts";
import { engineFolder, placeOf, type EnginePlace } from "../engine/shared/folder.ts";
import { openSharedEngine } from "../engine/shared/front.ts";
import type { Engine } from "../engine/engine.ts";
import { entryUrl } from "../entries.ts";
import type { JsonValue } from "../message.ts";
import { startedFor } from "../tools/index.ts";
import { version } from "../version.ts";

export interface SharedOptions {
  /** Where engines meet their servers; default: where all of this user's do. */
  folder?: string;
  /** Opens an engine for this server alone, where none can be shared and that was not demanded. */
  instead?: () => Engine;
}

/** The engine of the configuration that all servers share. */
export function openShared(config: Config, { folder = engineFolder(), instead }: SharedOptions = {}): Engine {
  const settings = sharedSettings(config);
  return openSharedEngine({
    place: placeOf(folder, nameOf(settings)),
    settings: settings as JsonValue,
    environment: childEnvironment(),
    cwd: folderOf(settings),
    startedFor,
    instead: config.shared_engine === "on" ? undefined : instead,
  });
}

/** Whether the settings that an engine is sent are those of its place. */
export function isPlaceOf({ name }: EnginePlace, settings: Config): boolean {
  return nameOf(settings) === name;
}

/** What concerns an engine: how long a client waits, and what else it is shown, is the server's matter. */
function sharedSettings(config: Config): Config {
  const front = {
    answer_within: undefined,
    http: undefined,
    token: undefined,
    offer_sessions: false,
    update_notice: "off" as const,
  };
  return { ...config, ...front, shared_engine: "on" };
}

/**
 * The digest of all that makes an engine what it is, and after it the digest of the program: engines of the same
 * configuration and another version have the same first half.
 */
function nameOf(settings: Config): string {
  const { plugins, mcp_config: servers } = settings;
  const files = [...plugins, ...(servers === undefined ? [] : [servers])].map(stampOf);
  const configuration = digest([settings, childEnvironment(), folderOf(settings), files]);
  const program = digest([version, process.version, stampOf(fileURLToPath(entryUrl("engine-host")))]);
  return `${configuration.slice(0, 24)}-${program.slice(0, 8)}`;
}

/** Where the engine runs: the server's folder matters only where something may be relative to it. */
function folderOf({ plugins, mcp_config: servers, store }: Config): string {
  return plugins.length > 0 || servers !== undefined || store !== undefined ? process.cwd() : "/";
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return `${path} ${stats?.mtimeMs} ${stats?.size}`;
}

function digest(value: unknown): string {
  return sha256(Buffer.from(JSON.stringify(value))).toString("hex");
}
