import type { AgentEvent, RunResult } from "../agent/events.ts";
import { ConfigError, ToolError } from "../errors.ts";
import { printable } from "../text/text.ts";
import type { Desk } from "./approval/desk.ts";
import { commands } from "./commands.ts";
import { exitCodes, type CommandContext, type ExitCode } from "./command.ts";
import { narrate } from "./narrate.ts";
import { withOutcome } from "./outcome.ts";
import { optionLines } from "./own-options.ts";
import { write, writeJson } from "./output.ts";
import { canRedraw, openProgress, type ProgressReport } from "./progress.ts";
import { readPrompt, readsStdin } from "./prompt/read-prompt.ts";
import { readRunArguments, readSchemaFile, type Format } from "./run-arguments.ts";

const usage = `axoner run "PROMPT"

Runs the agent once: its text streams to stdout, what it does is told on stderr. \`-\` reads the prompt from stdin.
In a terminal it asks before it writes, spends or reaches others (--approve).

${optionLines(commands.run.options)}

\`--session ID\` continues a conversation, or begins it.

Exit codes: 0 done, 1 failed, 2 bad usage, 3 limit reached, 4 provider refused or unavailable, 130 cancelled.
\`axoner --help\` lists the options for the model, the limits and the store.
`;

/**
 * `axoner run`: one agent run.
 *
 * @throws ConfigError for arguments it does not know and for an empty prompt
 */
export const run = withOutcome(async (args, context) => {
  const given = readRunArguments(args);
  const { format, schemaFile, isResumed, isHelp } = given;
  if (isHelp) {
    await write(context.stdout, usage);
    return exitCodes.done;
  }
  if (isResumed && context.session === undefined) {
    throw new ConfigError("--resume goes on with a session; name it: axoner run --resume --session ID");
  }
  const asked = isResumed ? {} : await readPrompt(given, context);
  const outputSchema = schemaFile === undefined ? undefined : await readSchemaFile(schemaFile);
  const report = openProgress(context.stderr, canRedraw(context.stderr, context.machine.environment));
  // who has typed the prompt into stdin has ended it
  const desk = readsStdin(given) ? undefined : await openDesk(context, report);
  const agent = await context.openAgent(desk?.ask);
  const show = printers[format === "text" && outputSchema !== undefined ? "answer" : format](context, report);
  const { session: sessionId, signal } = context;
  try {
    for await (const event of agent.run({ ...asked, sessionId, signal, outputSchema })) {
      await desk?.settled();
      await show(event);
      if (event.type === "run_finished") return exitCodeOf(event);
    }
  } catch (thrown) {
    throw asUsage(thrown);
  } finally {
    report.clear();
  }
  throw new TypeError("a run ended without run_finished");
});

async function openDesk(context: CommandContext, report: ProgressReport): Promise<Desk | undefined> {
  const { stdin, stdout, stderr } = context;
  if (stdin.isTTY !== true || stdout.isTTY !== true || stderr.isTTY !== true) return undefined;
  return (await import("./approval/terminal-desk.ts")).openTerminalDesk(context, report);
}

/** What an agent takes no prompt, schema or session for, its user has to write differently. */
function asUsage(thrown: unknown): unknown {
  const isWrong = thrown instanceof ToolError && (thrown.code === "invalid_input" || thrown.code === "too_large");
  return isWrong ? new ConfigError(thrown.message, { cause: thrown }) : thrown;
}

type Printer = (context: CommandContext, report: ProgressReport) => (event: AgentEvent) => Promise<void>;

const printers: Record<Format | "answer", Printer> = {
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
  answer({ stdout }, report) {
    return async (event) => {
      narrate(event, report);
      if (event.type === "run_finished" && event.output !== undefined) await writeJson(stdout, event.output);
    };
  },
  events({ stdout }) {
    return (event) => writeJson(stdout, event, { isLine: true });
  },
};

function exitCodeOf({ exit_reason: reason, error }: RunResult): ExitCode {
  switch (reason) {
    case "finished":
      return exitCodes.done;
    case "max_turns":
    case "max_usd":
    case "max_tokens":
    case "max_time":
    case "repeating":
      return exitCodes.limit;
    case "refused":
      return exitCodes.provider;
    case "cancelled":
      return exitCodes.cancelled;
    case "error":
      return error?.code === "provider_error" ? exitCodes.provider : exitCodes.failed;
  }
}
