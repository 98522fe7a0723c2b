import { ConfigError } from "../errors.ts";
import { parseApproval, wantedApproval, type ApprovalModes } from "./approval.ts";
import { parsePrices, wantedPrices } from "./prices.ts";
import type { StatedPrices } from "../providers/stated-price.ts";
import { logLevels, type LogLevel } from "../log.ts";
import type { Settings } from "./sources.ts";

/*
 * Read by hand and not by zod: every start reads them, and loading zod takes longer than all else that a start does.
 */

export interface Option<Value = unknown> {
  /** What stands for the value, two blanks, and what it does. */
  help: string;
  /** What a value must be, as a sentence goes on after "must be". */
  wanted: string;
  isList: boolean;
  /** Its flag stands alone: `--durable`. */
  isFlag?: true;
  fallback: Value;
  /** Undefined for what cannot be its value. */
  parse(given: unknown): Value | undefined;
}

/** Every option. `axoner --help`, the flags, the environment and the file are read by it. */
export const options = {
  root: list("DIR  a folder whose files may be read (repeatable; default: the current folder)"),
  workspace: text("DIR  where datasets, exports and sessions are kept (default: .axoner in the first root)"),
  allow_write: list("DIR  a folder outside the workspace that may be written to (repeatable)"),
  allow_private: list("HOST|CIDR[:PORT]  an address to reach although it is not public (repeatable)"),
  browser: text("FILE  the Chromium, Chrome or Edge that runs pages for render: auto (default: the one installed)"),
  tools: { ...list("a,b  offer only these tools"), fallback: undefined } as Option<string[] | undefined>,
  no_tools: list("a,b  do not offer these tools"),
  plugin: list("FILE  a module that exports tools made with defineTool (repeatable)"),
  database: list("NAME=URL  a database to query: postgres://… or sqlite:PATH (repeatable)"),
  provider: text("NAME  who serves the model: anthropic, openai, openai-chat, openai-responses, groq or scripted"),
  model: text("ID  the model to use"),
  base_url: webAddress("URL  where the provider is reached, if not at its usual address"),
  fallback: list("PROVIDER/MODEL  whom to ask where the provider fails (repeatable, asked in their order)"),
  mcp_config: text('FILE  other MCP servers whose tools the agent may use, as {"mcpServers": {…}}'),
  max_turns: wholeNumber("N  end an agent run after this many replies of the model (default 10)", 1_000, 10),
  max_tokens: wholeNumber("N  end an agent run after this many tokens", Number.MAX_SAFE_INTEGER, undefined),
  max_usd: money("USD  end an agent run before it costs more than this"),
  prices: {
    help: 'JSON  what models cost that have no known price, e.g. {"MODEL": {"input": 0.5, "output": 1.5}} (US dollars for a million tokens)',
    wanted: wantedPrices,
    isList: false,
    fallback: {},
    parse: parsePrices,
  } satisfies Option<StatedPrices> as Option<StatedPrices>,
  max_time: duration("TIME  end an agent run after this long, e.g. 90s, 5m or 1h"),
  reply_time: duration("TIME  the longest that a reply of the model may take, retries included (default 30m)"),
  reply_idle: duration("TIME  how long a model may be silent in the middle of a reply or before it (default 3m)"),
  context_tokens: wholeNumber(
    "N  what the model can read at once; longer conversations are summed up",
    Number.MAX_SAFE_INTEGER,
    undefined,
  ),
  approve: {
    help: "MODE|TOOL=MODE  whether tools that write, spend or reach others may be called: always, ask or never (repeatable)",
    wanted: wantedApproval,
    isList: true,
    fallback: {},
    parse: parseApproval,
  } satisfies Option<ApprovalModes> as Option<ApprovalModes>,
  session: text("ID  continue this conversation, or begin it"),
  store: text(
    "URL  where conversations are kept: file:DIR, sqlite:FILE, redis://…, postgres://… or memory: (default: file: in the workspace)",
  ),
  offer_sessions: flag(
    "  axoner mcp offers stored conversations as resources, which its clients and their models may then read",
  ),
  record: text("FILE  keep what models, the web and databases answer, without secrets, to be replayed"),
  replay: text("FILE  run again what was recorded, without network and keys"),
  durable: flag("  conversations survive a loss of power too, not only the death of the process"),
  answer_within: {
    ...duration(
      "TIME  answer a call that takes longer with the id of a job; 0 waits (default 4s, 50s with a progress token)",
    ),
    wanted: "a time such as 4s or 1m, or 0",
    parse: (given) => (/^0(?:\.0+)?\s*(?:ms|s|m|h)?$/.test(String(given).trim()) ? 0 : parseDuration(given)),
  } satisfies Option<number | undefined>,
  shared_engine: choice(
    "on|off|auto  run tools in one process for all servers of this configuration (default auto: on Linux and macOS)",
    ["auto", "on", "off"],
  ),
  engine_idle: {
    ...duration(
      "TIME  end the shared engine, and the process for expressions, when nothing has run for this long (default 5m)",
    ),
    fallback: 300_000,
  } as Option<number>,
  update_notice: choice("on|off  say on a terminal, at most once a day, that there is a newer version (default on)", [
    "on",
    "off",
  ]),
  http: text("HOST:PORT  axoner mcp serves HTTP there instead of stdin and stdout"),
  token: text("TEXT  what HTTP clients must show; better given as AXONER_TOKEN, which no list of processes shows"),
  log_level: {
    ...choice("LEVEL  silent, error, warn, info or debug, on stderr", logLevels),
    fallback: "warn",
  } as Option<LogLevel>,
};

export type Options = {
  [Key in keyof typeof options]: (typeof options)[Key] extends Option<infer Value> ? Value : never;
};

/** @throws ConfigError that names every setting that there is not, or that cannot be what it is */
export function readOptions(settings: Settings, file?: string): Options {
  const problems = Object.keys(settings)
    .filter((key) => !Object.hasOwn(options, key))
    .map((key) => `there is no option "${key}"`);
  const read = Object.entries<Option>(options).map(([key, { parse, fallback, wanted }]) => {
    const given = settings[key];
    const value = given === undefined ? fallback : parse(given);
    if (given !== undefined && value === undefined) problems.push(`${named(key, file)} must be ${wanted}`);
    return [key, value];
  });
  if (problems.length > 0) throw new ConfigError(`${problems.join("; ")}; \`axoner --help\` lists the options`);
  return Object.fromEntries(read) as Options;
}

function named(key: string, file: string | undefined): string {
  return file === undefined ? `--${key.replaceAll("_", "-")}:` : `${file}: "${key}"`;
}

function list(help: string): Option<string[]> {
  const isText = (item: unknown): item is string => typeof item === "string" && item !== "";
  return {
    help,
    wanted: "a list of texts that are not empty",
    isList: true,
    fallback: [],
    parse: (given) => (Array.isArray(given) && given.every(isText) ? given : undefined),
  };
}

function text(help: string): Option<string | undefined> {
  return {
    help,
    wanted: "a text",
    isList: false,
    fallback: undefined,
    parse: (given) => (typeof given === "string" ? given : undefined),
  };
}

function flag(help: string): Option<boolean> {
  return {
    help,
    wanted: "true or false",
    isList: false,
    isFlag: true,
    fallback: false,
    parse(given) {
      if (typeof given === "boolean") return given;
      if (given === "true" || given === "1") return true;
      return given === "false" || given === "0" ? false : undefined;
    },
  };
}

function webAddress(help: string): Option<string | undefined> {
  return {
    ...text(help),
    wanted: "an http(s) address",
    parse: (given) =>
      typeof given === "string" && /^https?:$/.test(URL.parse(given)?.protocol ?? "") ? given : undefined,
  };
}

function wholeNumber<Fallback extends number | undefined>(
  help: string,
  most: number,
  fallback: Fallback,
): Option<number | Fallback> {
  return {
    help,
    wanted: most === Number.MAX_SAFE_INTEGER ? "a whole number from 1" : `a whole number from 1 to ${most}`,
    isList: false,
    fallback,
    parse(given) {
      const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most
        ? value
        : undefined;
    },
  };
}

function money(help: string): Option<number | undefined> {
  return {
    help,
    wanted: "a number above 0",
    isList: false,
    fallback: undefined,
    parse(given) {
      const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
      return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
    },
  };
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** What a timer can wait for. */
const longestMs = 2 ** 31 - 1;

/** In milliseconds. A number without a unit is seconds. */
function duration(help: string): Option<number | undefined> {
  return {
    help,
    wanted: "a time such as 90s, 5m or 1h, at most 24 days",
    isList: false,
    fallback: undefined,
    parse: parseDuration,
  };
}

function parseDuration(given: unknown): number | undefined {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(given).trim()) ?? [];
  const valueMs = Math.round(Number(amount) * (unitsMs[unit] ?? NaN));
  return valueMs >= 1 && valueMs <= longestMs ? valueMs : undefined;
}

/** The first is the default. */
function choice<Value extends string>(help: string, values: readonly [Value, ...Value[]]): Option<Value> {
  return {
    help,
    wanted: `one of ${values.join(", ")}`,
    isList: false,
    fallback: values[0],
    parse: (given) => values.find((value) => value === given),
  };
}
