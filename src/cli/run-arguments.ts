import { readFile } from "node:fs/promises";
import { ConfigError, errorMessage } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { didYouMean } from "../nearest.ts";

export type Format = "text" | "json" | "events";

export interface RunArguments {
  prompt: string | undefined;
  format: Format;
  schemaFile: string | undefined;
  /** Go on with the session's interrupted run. */
  isResumed: boolean;
  isHelp: boolean;
}

const known = ["--json", "--events", "--output-schema", "--resume", "--help", "-h"];

/** @throws ConfigError for what `axoner run` does not know */
export function readRunArguments(args: readonly string[]): RunArguments {
  const { schemaFile, rest } = takeSchemaFile(args);
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
  const [prompt, ...others] = [...before.filter((argument) => !isOption(argument)), ...after];
  if (others.length > 0) throw new ConfigError('axoner run takes one prompt; put it in quotes: axoner run "PROMPT"');
  const formats = (["json", "events"] as const).filter((format) => options.includes(`--${format}`));
  if (formats.length > 1) throw new ConfigError("axoner run prints either --json or --events");
  const isHelp = options.includes("--help") || options.includes("-h");
  const isResumed = options.includes("--resume");
  if (isResumed && prompt !== undefined) throw new ConfigError("axoner run takes either a prompt or --resume");
  return { prompt, format: formats[0] ?? "text", schemaFile, isResumed, isHelp };
}

function takeSchemaFile(args: readonly string[]): { schemaFile: string | undefined; rest: string[] } {
  const terminator = args.indexOf("--");
  const end = terminator === -1 ? args.length : terminator;
  const index = args.findIndex((argument, at) => at < end && /^--output-schema(?:=|$)/.test(argument));
  const given = args[index];
  if (given === undefined) return { schemaFile: undefined, rest: [...args] };
  const inline = given.includes("=");
  const schemaFile = inline ? given.slice(given.indexOf("=") + 1) : args[index + 1];
  if (schemaFile === undefined || schemaFile === "" || (!inline && index + 1 >= end)) {
    throw new ConfigError("--output-schema needs a file");
  }
  return { schemaFile, rest: args.filter((_, at) => at !== index && (inline || at !== index + 1)) };
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
