import { parseArgs, type ParseArgsConfig } from "node:util";
import { ConfigError } from "../../errors.ts";
import { usageError } from "../usage-error.ts";

interface Shape {
  /** How many arguments there must be, and what they are, for messages. */
  least: number;
  most: number;
  wants: string;
  options: NonNullable<ParseArgsConfig["options"]>;
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

const shapes = {
  list: { least: 0, most: 0, wants: "no argument", options: { limit: text } },
  show: { least: 1, most: 1, wants: "the id of a session", options: {} },
  search: { least: 1, most: 1, wants: "one text, in quotes", options: {} },
  title: { least: 2, most: 2, wants: "an id and a title, in quotes", options: {} },
  rename: { least: 2, most: 2, wants: "an id and a new one", options: { force: flag } },
  fork: { least: 2, most: 2, wants: "an id and a new one", options: { turns: text } },
  undo: { least: 1, most: 1, wants: "the id of a session", options: { force: flag } },
  compact: { least: 1, most: 1, wants: "the id of a session", options: { force: flag } },
  delete: { least: 1, most: Infinity, wants: "the ids of sessions", options: { force: flag } },
  expire: { least: 0, most: 0, wants: "--older-than TIME", options: { "older-than": text, "dry-run": flag } },
  export: { least: 0, most: Infinity, wants: "the ids of sessions, or --all", options: { all: flag } },
  import: { least: 0, most: 1, wants: "one file", options: { as: text } },
} satisfies Record<string, Shape>;

export type SessionVerb = keyof typeof shapes;

export interface SessionArguments {
  names: string[];
  isJson: boolean;
  /** The value of an option that takes one. */
  text(name: string): string | undefined;
  isSet(name: string): boolean;
}

/** @throws ConfigError for what the command does not take */
export function readSessionArguments(verb: SessionVerb, args: readonly string[]): SessionArguments {
  const { least, most, wants, options }: Shape = shapes[verb];
  const { positionals, values } = parse(verb, args, options);
  if (positionals.length < least || positionals.length > most) {
    throw new ConfigError(`axoner sessions ${verb} takes ${wants}; see axoner sessions --help`);
  }
  return {
    names: positionals,
    isJson: values["json"] === true,
    text(name) {
      const value = values[name];
      return typeof value === "string" ? value : undefined;
    },
    isSet: (name) => values[name] === true,
  };
}

interface Parsed {
  positionals: string[];
  values: Readonly<Record<string, unknown>>;
}

function parse(verb: SessionVerb, args: readonly string[], options: Shape["options"]): Parsed {
  try {
    return parseArgs({ args: [...args], options: { ...options, json: flag }, allowPositionals: true });
  } catch (thrown) {
    throw usageError(`axoner sessions ${verb}`, "axoner sessions --help", thrown);
  }
}

/** A whole number from 1. */
export function readCount(given: SessionArguments, name: string): number | undefined {
  const value = given.text(name);
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new ConfigError(`--${name} must be a whole number from 1`);
}

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A time such as `30d`, in milliseconds. */
export function readAge(given: SessionArguments, name: string): number {
  const [, amount, unit = ""] = /^(\d{1,6})([mhdw])$/.exec(given.text(name) ?? "") ?? [];
  const ageMs = Number(amount) * (unitsMs[unit] ?? NaN);
  if (ageMs > 0) return ageMs;
  throw new ConfigError(`--${name} must be a time such as 12h, 30d or 8w`);
}
