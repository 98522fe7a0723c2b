import { parseArgs } from "node:util";
import { ConfigError } from "../../errors.ts";
import { parseable, type OwnOption, type OwnOptions, type VerbShape } from "../own-options.ts";
import { usageError } from "../usage-error.ts";

interface Shape extends VerbShape {
  /** How many arguments there must be, and what they are, for messages. */
  least: number;
  most: number;
  wants: string;
}

const force: OwnOption = { text: "also while a run or a chat is in the session" };
const oneSession = ["sessions"] as const;

const shapes = {
  list: {
    least: 0,
    most: 0,
    wants: "no argument",
    operands: [],
    options: { limit: { placeholder: "N", text: "how many (default 20)", words: "free" } },
  },
  show: { least: 1, most: 1, wants: "the id of a session", operands: oneSession, options: {} },
  search: { least: 1, most: 1, wants: "one text, in quotes", operands: ["free"], options: {} },
  title: { least: 2, most: 2, wants: "an id and a title, in quotes", operands: ["sessions", "free"], options: {} },
  rename: { least: 2, most: 2, wants: "an id and a new one", operands: ["sessions", "free"], options: { force } },
  fork: {
    least: 2,
    most: 2,
    wants: "an id and a new one",
    operands: ["sessions", "free"],
    options: { turns: { placeholder: "N", text: "only the first turns", words: "free" } },
  },
  undo: { least: 1, most: 1, wants: "the id of a session", operands: oneSession, options: { force } },
  compact: { least: 1, most: 1, wants: "the id of a session", operands: oneSession, options: { force } },
  delete: {
    least: 1,
    most: Infinity,
    wants: "the ids of sessions",
    operands: oneSession,
    takesMany: true,
    options: { force },
  },
  expire: {
    least: 0,
    most: 0,
    wants: "--older-than TIME",
    operands: [],
    options: {
      "older-than": { placeholder: "TIME", text: "e.g. 30d", words: ["12h", "7d", "30d", "12w"] },
      "dry-run": { text: "tell what would be deleted" },
    },
  },
  export: {
    least: 0,
    most: Infinity,
    wants: "the ids of sessions, or --all",
    operands: oneSession,
    takesMany: true,
    options: { all: { text: "every session" } },
  },
  import: {
    least: 0,
    most: 1,
    wants: "one file",
    operands: ["files"],
    options: { as: { placeholder: "ID", text: "the id it gets here", words: "free" } },
  },
} satisfies Record<string, Shape>;

const json: OwnOption = { text: "print JSON instead of text" };

/** What `axoner sessions` can be told to do. */
export const sessionVerbs: Readonly<Record<string, VerbShape>> = Object.fromEntries(
  Object.entries<Shape>(shapes).map(([verb, shape]) => [verb, { ...shape, options: { ...shape.options, json } }]),
);

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

function parse(verb: SessionVerb, args: readonly string[], options: OwnOptions): Parsed {
  try {
    return parseArgs({ args: [...args], options: parseable({ ...options, json }), allowPositionals: true });
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
