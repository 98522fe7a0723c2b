import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/nearest.ts";
import { exitCodes, type CommandContext, type ExitCode } from "./command.ts";
import { withOutcome } from "./outcome.ts";
import { write } from "./output.ts";
import { compact, forget, fork, rename, title, undo } from "./sessions/change.ts";
import { readSessionArguments, type SessionArguments, type SessionVerb } from "./sessions/arguments.ts";
import { exportSessions, importSessions } from "./sessions/exchange.ts";
import { expire } from "./sessions/expire.ts";
import { list, search, show } from "./sessions/look.ts";

const usage = `Usage: axoner sessions [COMMAND] [options]

  list [--limit 20]          the sessions that were written to last (the default)
  show ID                    what was said
  search TEXT                the sessions in which a text stands
  title ID "TEXT"            give a session a title
  rename ID NEW-ID           give it another id
  fork ID NEW-ID [--turns N] begin a session with what another one holds, or its first N turns
  undo ID                    take back the last turn; what its tools did stays done
  compact ID                 have the model sum up the older part
  delete ID …
  expire --older-than 30d    delete what nobody has written to for so long; --dry-run tells what that is
  export ID … | --all        as lines of JSON, to stdout
  import [FILE] [--as ID]    from a file or stdin; what is there already is not added again

  --json                     print JSON instead of text
  --force                    rename, undo, compact and delete also while a run or a chat is in the session

A conversation goes on with \`axoner run "PROMPT" --session ID\`; a run that was interrupted with
\`axoner run --resume --session ID\`. \`--store URL\` names the store, so between two of them sessions move with
\`axoner sessions export --all --store URL | axoner sessions import --store URL\`.
`;

type Run = (given: SessionArguments, context: CommandContext) => Promise<ExitCode>;

const commands: Record<SessionVerb, Run> = {
  list,
  show,
  search,
  title,
  rename,
  fork,
  undo,
  compact,
  delete: forget,
  expire,
  export: exportSessions,
  import: importSessions,
};

/**
 * `axoner sessions`: what can be done with stored conversations besides running them.
 *
 * @throws ConfigError for arguments it does not know
 */
export const sessions = withOutcome(async (args, context) => {
  if (args.includes("--help") || args.includes("-h")) {
    await write(context.stdout, usage);
    return exitCodes.done;
  }
  const [given = "list", ...rest] = args[0]?.startsWith("-") === true ? ["list", ...args] : args;
  const verb = Object.keys(commands).find((known): known is SessionVerb => known === given);
  if (verb === undefined) {
    const near = didYouMean(given, Object.keys(commands));
    throw new ConfigError(`axoner sessions does not know "${given}"${near}; see axoner sessions --help`);
  }
  return commands[verb](readSessionArguments(verb, rest), context);
});
