import type { AgentEvent, RunResult } from "../agent/events.ts";
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { printable } from "../text.ts";
import { exitCodes, type CommandContext, type ExitCode } from "./command.ts";
import { narrate } from "./narrate.ts";
import { withOutcome } from "./outcome.ts";
import { readStdin, write, writeJson } from "./output.ts";
import { openProgress, type ProgressReport } from "./progress.ts";

const usage = `axoner run "PROMPT"

Runs the agent once: its text streams to stdout, what it does is told on stderr. \`-\` reads the prompt from stdin.

  --json        print one JSON object at the end instead of the text
  --events      print every event as a line of JSON instead of the text
  --session ID  continue this conversation, or begin it

Exit codes: 0 done, 1 failed, 2 bad usage, 3 limit reached, 4 provider refused or unavailable, 130 cancelled.
\`axoner --help\` lists the options for the model, the limits and the store.
`;

/**
 * `axoner run`: one agent run.
 *
 * @throws ConfigError for arguments it does not know and for an empty prompt
 */
export const run = withOutcome(async (args, context) => {
  const { prompt: given, format, isHelp } = readArguments(args);
  if (isHelp) {
    await write(context.stdout, usage);
    return exitCodes.done;
  }
  const prompt = given === "-" ? await readStdin(context) : given;
  if (prompt === undefined || prompt.trim() === "") throw new ConfigError('there is no prompt: axoner run "PROMPT"');
  const agent = await context.openAgent();
  const report = openProgress(context.stderr);
  const show = printers[format](context, report);
  try {
    for await (const event of agent.run({ prompt, sessionId: context.session, signal: context.signal })) {
      await show(event);
      if (event.type === "run_finished") return exitCodeOf(event);
    }
  } finally {
    report.clear();
  }
  throw new TypeError("a run ended without run_finished");
});

type Format = "text" | "json" | "events";
type Printer = (context: CommandContext, report: ProgressReport) => (event: AgentEvent) => Promise<void>;

const printers: Record<Format, Printer> = {
  text({ stdout }, report) {
    let isLineOpen = false;
    return async (event) => {
      if (event.type === "text") {
        report.clear();
        await write(stdout, stdout.isTTY ? printable(event.text) : event.text);
        isLineOpen = !event.text.endsWith("\n");
        return;
      }
      if (isLineOpen && (event.type === "model_replied" || event.type === "run_finished")) {
        await write(stdout, "\n");
        isLineOpen = false;
      }
      narrate(event, report);
    };
  },
  json({ stdout }, report) {
    return async (event) => {
      narrate(event, report);
      if (event.type !== "run_finished") return;
      const { type: _type, ...result } = event;
      await writeJson(stdout, result);
    };
  },
  events({ stdout }) {
    return (event) => write(stdout, `${JSON.stringify(event)}\n`);
  },
};

interface RunArguments {
  prompt: string | undefined;
  format: Format;
  isHelp: boolean;
}

function readArguments(args: readonly string[]): RunArguments {
  const terminator = args.indexOf("--");
  const before = terminator === -1 ? args : args.slice(0, terminator);
  const after = terminator === -1 ? [] : args.slice(terminator + 1);
  const isOption = (argument: string) => argument.startsWith("-") && argument !== "-";
  const options = before.filter(isOption);
  const known = ["--json", "--events", "--help", "-h"];
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
  return { prompt, format: formats[0] ?? "text", isHelp: options.includes("--help") || options.includes("-h") };
}

function exitCodeOf({ exit_reason: reason, error }: RunResult): ExitCode {
  switch (reason) {
    case "finished":
      return exitCodes.done;
    case "max_turns":
    case "max_tokens":
      return exitCodes.limit;
    case "refused":
      return exitCodes.provider;
    case "cancelled":
      return exitCodes.cancelled;
    case "error":
      return error?.code === "provider_error" ? exitCodes.provider : exitCodes.failed;
  }
}
