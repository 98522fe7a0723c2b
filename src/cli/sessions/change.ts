import { ToolError } from "../../errors.ts";
import { forkSession, moveSession, setTitle, undoTurn } from "../../session/edit.ts";
import { cutText, printable } from "../../text/text.ts";
import { exitCodes, type CommandContext, type ExitCode } from "../command.ts";
import { write, writeJson } from "../output.ts";
import { readCount, type SessionArguments } from "./arguments.ts";
import { whileUnused } from "./unused.ts";

/** `axoner sessions title` */
export async function title(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [id = "", text = ""] = given.names;
  await setTitle(await context.openStore(), id, text);
  return done(given, context, { id, title: text }, `session ${id} is titled`);
}

/** `axoner sessions rename` */
export async function rename(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [from = "", to = ""] = given.names;
  const store = await context.openStore();
  await whileUnused({ given, context, ids: [from, to] }, () => moveSession(store, from, to));
  return done(given, context, { id: to, was: from }, `session ${from} is now ${to}`);
}

/** `axoner sessions fork` */
export async function fork(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [from = "", to = ""] = given.names;
  const turns = readCount(given, "turns");
  const count = await forkSession(await context.openStore(), { from, to, turns });
  return done(
    given,
    context,
    { id: to, forked_from: from, message_count: count },
    `session ${to} holds ${count} messages`,
  );
}

/** `axoner sessions undo` */
export async function undo(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [id = ""] = given.names;
  const store = await context.openStore();
  const prompt = await whileUnused({ given, context, ids: [id] }, () => undoTurn(store, id));
  const shown = printable(cutText(prompt, 200));
  return done(given, context, { id, prompt }, `taken back: ${shown}\nwhat its tools did stays done`);
}

/** `axoner sessions compact` */
export async function compact(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [sessionId = ""] = given.names;
  const agent = await context.openAgent();
  const { messages, cost_usd } = await whileUnused({ given, context, ids: [sessionId] }, () =>
    agent.compact({ sessionId, signal: context.signal }),
  );
  const told =
    messages === 0 ? `session ${sessionId} is too short to be summed up` : `a summary stands for ${messages} messages`;
  return done(given, context, { id: sessionId, summarized: messages, cost_usd }, told);
}

/** `axoner sessions delete` */
export async function forget(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const store = await context.openStore();
  const missing: string[] = [];
  await whileUnused({ given, context, ids: given.names }, async () => {
    for (const id of given.names) if (!(await store.delete(id))) missing.push(id);
  });
  const deleted = given.names.filter((id) => !missing.includes(id));
  const told = deleted.length === 0 ? "nothing is deleted" : `deleted ${deleted.join(", ")}`;
  await done(given, context, { deleted, missing }, told);
  if (missing.length === 0) return exitCodes.done;
  const advice = "`axoner sessions list` tells which there are";
  throw new ToolError("not_found", `there is no session ${missing.join(", ")}; ${advice}`);
}

/** The result as JSON on stdout, or said on stderr. */
async function done(
  { isJson }: SessionArguments,
  { stdout, stderr }: CommandContext,
  result: object,
  told: string,
): Promise<ExitCode> {
  await (isJson ? writeJson(stdout, result) : write(stderr, `${told}\n`));
  return exitCodes.done;
}
