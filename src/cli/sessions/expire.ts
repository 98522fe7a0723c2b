import { expireSession, staleSessions } from "../../session/edit.ts";
import { exitCodes, type CommandContext, type ExitCode } from "../command.ts";
import { write, writeJson } from "../output.ts";
import { readAge, type SessionArguments } from "./arguments.ts";

/** `axoner sessions expire` */
export async function expire(
  given: SessionArguments,
  { openStore, stdout, signal }: CommandContext,
): Promise<ExitCode> {
  const before = new Date(Date.now() - readAge(given, "older-than"));
  const store = await openStore();
  const isDry = given.isSet("dry-run");
  const expired: string[] = [];
  for (const { id } of await staleSessions(store, before)) {
    signal.throwIfAborted();
    if (isDry || (await expireSession(store, id, before))) expired.push(id);
  }
  const done = isDry ? "to_delete" : "deleted";
  if (given.isJson) await writeJson(stdout, { [done]: expired });
  else for (const id of expired) await write(stdout, `${id}\n`);
  return exitCodes.done;
}
