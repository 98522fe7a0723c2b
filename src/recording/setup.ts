import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import type { Config } from "../config.ts";
import { readMcpServers, type McpServer } from "../config/mcp-servers.ts";
import { ConfigError, errorMessage, systemErrorCode } from "../errors.ts";
import { version } from "../version.ts";
import { cleanUrl } from "./clean-url.ts";
import type { HeadLine } from "./lines.ts";
import { readHead } from "./read.ts";
import { openRecordingTape } from "./record.ts";
import { openReplayTape } from "./replay.ts";
import type { Tape } from "./tape.ts";
import { openVeil, removed } from "./veil.ts";

/**
 * The configuration of a replay: that of the user, with the model that was recorded where the user names none, with
 * the keys that there were as names without values, and without anything that would be started or connected to.
 *
 * @throws ConfigError for a file to be recorded that exists, and one to be replayed that is no recording
 */
export function prepareRecording(config: Config): Config {
  const { record, replay } = config;
  if (record !== undefined && replay !== undefined) throw new ConfigError("either --record or --replay, not both");
  if (record !== undefined && !config.record_begun && existsSync(record)) throw exists(record);
  if (replay === undefined) return config;
  const { settings, keys, addresses } = readHead(replay);
  const isOther = config.provider !== undefined && config.provider !== settings.provider;
  const model = isOther
    ? {}
    : { model: config.model ?? settings.model, base_url: config.base_url ?? settings.base_url };
  return {
    ...config,
    provider: config.provider ?? settings.provider,
    ...model,
    fallback: config.fallback.length > 0 ? config.fallback : (settings.fallback ?? []),
    secrets: { ...addresses, ...Object.fromEntries(keys.map((name) => [name, removed])) },
    mcp_config: undefined,
    store: "memory:",
  };
}

/**
 * What records or replays in this process. The first process that needs it creates the file.
 *
 * @throws ConfigError as `prepareRecording`, and for a file that cannot be written
 */
export function openTape(config: Config): Tape {
  const tape = openOwnTape(config);
  process.once("exit", () => tape.close());
  return tape;
}

function openOwnTape(config: Config): Tape {
  const { record, replay, workspace, roots } = config;
  const named = roots.map((root, index): [string, string] => [`root${index === 0 ? "" : index + 1}`, root]);
  const folders = { workspace, ...Object.fromEntries(named) };
  if (replay !== undefined) return openReplayTape(replay, openVeil({ secrets: [], folders }));
  if (record === undefined) throw new TypeError("nothing is to be recorded or replayed");
  const veil = openVeil({ secrets: secretsOf(config), folders });
  if (!config.record_begun) create(record, veil.cover(JSON.stringify(headOf(config))));
  return openRecordingTape({ path: record, veil, hasOtherServers: config.mcp_config !== undefined });
}

export interface RecordingOptions {
  /** The file: a new one to record, or one that is there to replay. */
  path: string;
  mode: "record" | "replay";
  /** Texts that must not be kept, e.g. the keys that the program uses; what is shorter than six characters stays. */
  secrets?: readonly string[];
  /** Folders by names of yours, which may lie elsewhere in a replay. */
  folders?: Readonly<Record<string, string>>;
}

/**
 * Record what the world answers, or answer from what was recorded, for `createAgent` and `openNodeHost`. Whoever opens
 * one closes it.
 *
 * @throws ConfigError for a file to be recorded that exists, and one to be replayed that is no recording
 */
export function openRecording({ path, mode, secrets = [], folders = {} }: RecordingOptions): Tape {
  const veil = openVeil({ secrets, folders });
  if (mode === "replay") return openReplayTape(path, veil);
  create(path, JSON.stringify({ ...beginning, made_at: new Date().toISOString() }));
  return openRecordingTape({ path, veil, hasOtherServers: false });
}

const beginning = {
  axoner: "recording",
  version: 1,
  made_by: version,
  settings: {},
  keys: [],
  addresses: {},
  other_servers: false,
} satisfies Omit<HeadLine, "made_at">;

function create(path: string, head: string): void {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, `${head}\n`);
    closeSync(file);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "EEXIST") throw exists(path);
    throw new ConfigError(
      `the recording ${path} cannot be written: ${errorMessage(thrown)}; name a new file in a folder that is there with --record`,
      { cause: thrown },
    );
  }
}

function exists(path: string): ConfigError {
  return new ConfigError(
    `the recording ${path} exists already and is not overwritten; name another file, or remove it`,
  );
}

function headOf({ provider, model, base_url, fallback, secrets, mcp_config }: Config): HeadLine {
  const isAddress = ([name]: [string, string]) => addressNames.test(name);
  const addresses = Object.entries(secrets).filter(isAddress);
  return {
    ...beginning,
    made_at: new Date().toISOString(),
    settings: {
      ...(provider === undefined ? {} : { provider }),
      ...(model === undefined ? {} : { model }),
      ...(base_url === undefined ? {} : { base_url: cleanUrl(base_url) }),
      ...(fallback.length === 0 ? {} : { fallback }),
    },
    keys: Object.keys(secrets).filter((name) => !addressNames.test(name)),
    addresses: Object.fromEntries(addresses.map(([name, address]) => [name, cleanUrl(address)])),
    other_servers: mcp_config !== undefined,
  };
}

const addressNames = /_URL$/;
/** Names of settings for other programs that hold what must not be told. */
const secretNames = /key|token|secret|pass|auth|credential|bearer|cookie/i;

/** Every text of the configuration that must not be in a recording. */
function secretsOf({ secrets, databases, store, proxies, base_url, mcp_config, token }: Config): string[] {
  const keys = Object.entries(secrets).flatMap(([name, value]) => (addressNames.test(name) ? [] : [value]));
  const addresses = [
    ...Object.entries(secrets).flatMap(([name, value]) => (addressNames.test(name) ? [value] : [])),
    ...Object.values(databases),
    ...[store, proxies.http, proxies.https, base_url].filter((address) => address !== undefined),
  ];
  const servers = mcp_config === undefined ? [] : Object.values(readMcpServers(mcp_config));
  return [...keys, token ?? "", ...addresses.flatMap(secretsOfUrl), ...servers.flatMap(secretsOfServer)];
}

function secretsOfUrl(address: string): string[] {
  const url = URL.parse(address);
  if (url === null) return [];
  const parameters = [...url.searchParams].flatMap(([name, value]) => (secretNames.test(name) ? [value] : []));
  return [url.password, decoded(url.password), ...parameters].filter((secret) => secret !== "");
}

function secretsOfServer(server: McpServer): string[] {
  if (server.kind === "stdio") {
    return Object.entries(server.env).flatMap(([name, value]) => (secretNames.test(name) ? [value] : []));
  }
  const values = Object.values(server.headers);
  return [...values.flatMap((value) => [value, ...value.split(" ").slice(1)]), ...secretsOfUrl(server.url)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // as it stands, then
  }
}
