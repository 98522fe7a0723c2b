import { logLevels } from "../../log.ts";
import { options, type Options } from "../../config/options.ts";
import { commands, type CommandShape } from "../commands.ts";
import type { OwnOptions, VerbShape, Words } from "../own-options.ts";

/** An option as it is completed. */
export interface KnownOption {
  /** As on the command line. */
  flag: string;
  /** As in the configuration file; the flag's own name for an option of one command. */
  key: string;
  text: string;
  takesValue: boolean;
  isRepeatable: boolean;
  words: Words;
}

/** Where on a command line a word is. */
export interface Place {
  command: CommandShape | undefined;
  verb: VerbShape | undefined;
  /** The option whose value the word is. */
  pending: KnownOption | undefined;
  /** What the word can be where it is no option. */
  operand: Words;
  /** The flags before it, with their last values. */
  used: ReadonlyMap<string, string>;
  /** Behind `--` nothing is an option. */
  isOver: boolean;
}

/** What the configuration's options can be, where the placeholder of their help does not say it. */
const wordsByKey: Partial<Record<keyof Options | "config", Words>> = {
  session: "sessions",
  model: "models",
  shared_engine: ["auto", "on", "off"],
  log_level: logLevels,
  update_notice: ["on", "off"],
  store: ["file:", "sqlite:", "redis://", "postgres://", "memory:"],
  answer_within: ["0", "4s", "25s", "50s", "5m"],
};

const wordsByPlaceholder: Readonly<Record<string, Words>> = { DIR: "folders", FILE: "files" };

/** Every option of the configuration, from its definition. */
const configurationOptions: readonly KnownOption[] = [
  ...Object.entries(options).map(([key, { help, isList, ...more }]) => {
    const [placeholder = "", ...text] = help.split("  ");
    const byKey = Object.entries(wordsByKey).find(([known]) => known === key)?.[1];
    return {
      flag: `--${key.replaceAll("_", "-")}`,
      key,
      text: text.join("  "),
      takesValue: !("isFlag" in more),
      isRepeatable: isList,
      words: byKey ?? wordsByPlaceholder[placeholder] ?? "free",
    };
  }),
  {
    flag: "--config",
    key: "config",
    text: "the configuration file",
    takesValue: true,
    isRepeatable: false,
    words: "files",
  },
];

/** Read what stands before a word. */
export function place(before: readonly string[]): Place {
  let here: Place = {
    command: undefined,
    verb: undefined,
    pending: undefined,
    operand: "free",
    used: new Map(),
    isOver: false,
  };
  const used = new Map<string, string>();
  const operands: string[] = [];
  for (const word of before) {
    if (here.pending !== undefined) {
      used.set(here.pending.flag, word);
      here = { ...here, pending: undefined };
    } else if (!here.isOver && word === "--") here = { ...here, isOver: true };
    else if (!here.isOver && /^-./.test(word)) {
      const [flag = "", ...value] = word.split("=");
      used.set(flag, value.join("="));
      const option = optionsHere(here).find((known) => known.flag === flag);
      if (option?.takesValue === true && value.length === 0) here = { ...here, pending: option };
    } else if (here.command === undefined) here = { ...here, command: shapeOf(word) };
    else if (here.command.verbs !== undefined && here.verb === undefined && operands.length === 0)
      here = { ...here, verb: verbOf(here.command.verbs, word) };
    else operands.push(word);
  }
  return { ...here, operand: operandAt(here, operands.length), used };
}

/** The options that can stand in a place: the command's own first. */
export function optionsHere({ command, verb }: Pick<Place, "command" | "verb">): KnownOption[] {
  return [...own(command?.options ?? {}), ...own(verb?.options ?? {}), ...configurationOptions];
}

function own(given: OwnOptions): KnownOption[] {
  return Object.entries(given).map(([key, { placeholder, text, words = "free", isRepeatable = false }]) => {
    return { flag: `--${key}`, key, text, takesValue: placeholder !== undefined, isRepeatable, words };
  });
}

const unknown: CommandShape = { usage: "", summary: "", options: {}, operands: [] };

function shapeOf(word: string): CommandShape {
  return Object.entries<CommandShape>(commands).find(([name]) => name === word)?.[1] ?? unknown;
}

/** One that there is not takes nothing. */
function verbOf(verbs: Readonly<Record<string, VerbShape>>, word: string): VerbShape {
  return Object.entries(verbs).find(([name]) => name === word)?.[1] ?? { options: {}, operands: [] };
}

function operandAt({ command, verb }: Place, index: number): Words {
  if (command?.verbs !== undefined && verb === undefined) return index === 0 ? Object.keys(command.verbs) : "free";
  const { operands = [], takesMany = false } = verb ?? { operands: command?.operands };
  return operands[takesMany ? Math.min(index, operands.length - 1) : index] ?? "free";
}
