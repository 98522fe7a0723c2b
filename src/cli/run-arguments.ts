import { readFile } from "node:fs/promises";
import { ConfigError, errorMessage } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { didYouMean } from "../text/nearest.ts";
import { commands } from "./commands.ts";
import { flagsOf } from "./own-options.ts";

export type Format = "text" | "json" | "events";

export interface RunArguments {
  prompt: string | undefined;
  /** To be given to the model with the prompt; `-` is stdin. */
  files: string[];
  format: Format;
  schemaFile: string | undefined;
  /** Go on with the session's interrupted run. */
  isResumed: boolean;
  isHelp: boolean;
}

const known = [...flagsOf(commands.run.options), "--help", "-h"];

/** @throws ConfigError for what `axoner run` does not know */
export function readRunArguments(args: readonly string[]): RunArguments {
  const { values: files, rest: others } = takeValues(args, "--file");
  const {
    values: [schemaFile, ...moreSchemas],
    rest,
  } = takeValues(others, "--output-schema");
  if (moreSchemas.length > 0) throw new ConfigError("axoner run answers by one --output-schema");
  const terminator = rest.indexOf("--");
  const before = terminator === -1 ? rest : rest.slice(0, terminator);
  const after = terminator === -1 ? [] : rest.slice(terminator + 1);
  const isOption = (argument: string) => argument.startsWith("-") && argument !== "-";
  const options = before.filter(isOption);
  const unknown = options.find((option) => !known.includes(option));
  if (unknown !== undefined) {
    throw new ConfigError(
      `axoner run does not know the option ${unknown}${didYouMean(unknown, known)}; see axoner run --help`,
    );
  }
  const [prompt, ...prompts] = [...before.filter((argument) => !isOption(argument)), ...after];
  if (prompts.length > 0) throw new ConfigError('axoner run takes one prompt; put it in quotes: axoner run "PROMPT"');
  const formats = (["json", "events"] as const).filter((format) => options.includes(`--${format}`));
  if (formats.length > 1) throw new ConfigError("axoner run prints either --json or --events");
  const isHelp = options.includes("--help") || options.includes("-h");
  const isResumed = options.includes("--resume");
  if (isResumed && (prompt !== undefined || files.length > 0)) {
    throw new ConfigError("axoner run takes either a prompt or --resume, and no file with that");
  }
  if ([prompt, ...files].filter((one) => one === "-").length > 1) throw new ConfigError("stdin can be read once only");
  return { prompt, files, format: formats[0] ?? "text", schemaFile, isResumed, isHelp };
}

/** The values of an option that takes one, and the other arguments. */
function takeValues(args: readonly string[], option: string): { values: string[]; rest: string[] } {
  const terminator = args.indexOf("--");
  const end = terminator === -1 ? args.length : terminator;
  const values: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    const isInline = argument.startsWith(`${option}=`);
    if (at >= end || (!isInline && argument !== option)) {
      rest.push(argument);
      continue;
    }
    const value = isInline ? argument.slice(option.length + 1) : args[++at];
    if (value === undefined || value === "" || at >= end) throw new ConfigError(`${option} needs a file`);
    values.push(value);
  }
  return { values, rest };
}

/** @throws ConfigError where the file cannot be read or holds no JSON object */
export async function readSchemaFile(path: string): Promise<JsonObject> {
  try {
    const schema: unknown = JSON.parse(await readFile(path, "utf8"));
    if (isJsonObject(schema)) return schema;
  } catch (thrown) {
    throw new ConfigError(`the output schema ${path} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  }
  throw new ConfigError(`the output schema ${path} must hold a JSON object`);
}
