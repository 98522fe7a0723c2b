import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/nearest.ts";
import type { Progress, ToolDefinition } from "../tools/tool.ts";
import { exitCodes } from "./command.ts";
import { parseJsonInput } from "./json-input.ts";
import { progressText } from "./narrate.ts";
import { withOutcome } from "./outcome.ts";
import { readStdin, write, writeJson } from "./output.ts";
import { canRedraw, openProgress } from "./progress.ts";
import { toolHelp, toolList } from "./tool-help.ts";

/**
 * `axoner tool`: one tool call without a model. The result goes to stdout as JSON, a failed one too.
 *
 * @throws ConfigError for an unknown tool or input that is no JSON object
 */
export const tool = withOutcome(async (args, context) => {
  const { stdout, stderr, signal, machine } = context;
  const isHelp = args.some((argument) => argument === "--help" || argument === "-h");
  const [name, text, ...others] = args.filter((argument) => argument !== "--help" && argument !== "-h");
  checkArguments(name, others);
  const engine = await context.openEngine();
  const definitions = await engine.definitions();
  if (name === undefined) {
    await write(stdout, toolList(definitions));
    return exitCodes.done;
  }
  const definition = findTool(name, definitions);
  if (isHelp) {
    await write(stdout, toolHelp(definition));
    return exitCodes.done;
  }
  const input = parseJsonInput(text === "-" ? await readStdin(context) : (text ?? "{}"));
  const report = openProgress(stderr, canRedraw(stderr, machine.environment));
  const progress = (update: Progress) => report.update(progressText(name, update));
  const result = await engine.call(name, input, { signal, progress });
  report.clear();
  await writeJson(stdout, result.ok ? result.value : { status: "error", code: result.code, message: result.message });
  if (signal.aborted) return exitCodes.cancelled;
  return result.ok ? exitCodes.done : exitCodes.failed;
});

function checkArguments(name: string | undefined, others: readonly string[]): void {
  if (name?.startsWith("-") === true)
    throw new ConfigError(`axoner tool does not know the option ${name}; it takes --help`);
  if (others.length === 0) return;
  throw new ConfigError(
    `axoner tool takes one JSON object after the name; put it in single quotes: '{"name": "value"}'`,
  );
}

function findTool(name: string, definitions: readonly ToolDefinition[]): ToolDefinition {
  const found = definitions.find((definition) => definition.name === name);
  if (found !== undefined) return found;
  const known = definitions.map((definition) => definition.name);
  throw new ConfigError(`there is no tool "${name}"${didYouMean(name, known)}; \`axoner tool\` lists them`);
}
