import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { eachLine } from "../../text/each-line.ts";
import { ConfigError, errorMessage } from "../../errors.ts";
import { all, loadExisting } from "../../session/edit.ts";
import { exportSession, importSession, readExported } from "../../session/exchange.ts";
import { countSaid } from "../../session/said.ts";
import { showableJson } from "../../text/text.ts";
import { exitCodes, type CommandContext, type ExitCode, type Output } from "../command.ts";
import { write, writeJson } from "../output.ts";
import type { SessionArguments } from "./arguments.ts";

/** `axoner sessions export` */
export async function exportSessions(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const isAll = given.isSet("all");
  if (isAll === given.names.length > 0)
    throw new ConfigError("axoner sessions export takes the ids of sessions, or --all");
  const store = await context.openStore();
  const ids = isAll ? (await store.list(all)).map(({ id }) => id).toReversed() : given.names;
  let count = 0;
  for (const id of ids) {
    context.signal.throwIfAborted();
    // of all, one may have been deleted meanwhile
    const session = isAll ? await store.load(id) : await loadExisting(store, id);
    if (session === undefined) continue;
    const line = exportSession(session);
    await write(context.stdout, context.stdout.isTTY === true ? showableJson(line) : line);
    count += 1;
  }
  await write(context.stderr, `exported ${count} sessions\n`);
  return exitCodes.done;
}

/** `axoner sessions import`: line by line, so that what came whole before a line that is wrong is there. */
export async function importSessions(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [file = "-"] = given.names;
  const stdin: Readable & Pick<Output, "isTTY"> = context.stdin;
  if (file === "-" && stdin.isTTY === true) throw new ConfigError("name a file to import, or pipe an export into this");
  const newId = given.text("as");
  const store = await context.openStore();
  const imported: { id: string; added: number; message_count: number }[] = [];
  try {
    let lineNumber = 0;
    for await (const line of linesOf(file === "-" ? stdin : createReadStream(file), file)) {
      context.signal.throwIfAborted();
      lineNumber += 1;
      if (line.trim() === "") continue;
      if (newId !== undefined && imported.length > 0) throw new ConfigError("--as takes an export of one session");
      const { id, messages } = readExported(line, lineNumber);
      const session = { id: newId ?? id, messages };
      const added = await importSession(store, session);
      imported.push({ id: session.id, added, message_count: countSaid(messages) });
    }
  } finally {
    const added = imported.reduce((sum, one) => sum + one.added, 0);
    if (given.isJson) await writeJson(context.stdout, { imported });
    else await write(context.stderr, `imported ${imported.length} sessions, ${added} messages of them new\n`);
  }
  return exitCodes.done;
}

async function* linesOf(stream: Readable, name: string): AsyncGenerator<string> {
  try {
    yield* eachLine(stream);
  } catch (thrown) {
    throw new ConfigError(`${name} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  } finally {
    stream.destroy();
  }
}
