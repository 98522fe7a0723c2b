import type { Message } from "../../message.ts";
import { all, listSessions, loadExisting, searchSessions, type Found } from "../../session/edit.ts";
import { saidMessages } from "../../session/said.ts";
import { summarize, type SessionSummary } from "../../session/store.ts";
import { cutText, printable } from "../../text/text.ts";
import { exitCodes, type CommandContext, type ExitCode, type Output } from "../command.ts";
import { withinColumns } from "../terminal/columns.ts";
import { write, writeJson } from "../output.ts";
import { readCount, type SessionArguments } from "./arguments.ts";

const usualLimit = 20;

/** `axoner sessions list` */
export async function list(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const limit = readCount(given, "limit") ?? (given.isJson ? all : usualLimit);
  const store = await context.openStore();
  const summaries = await listSessions(store, limit);
  await tell(summaries, given, context);
  if (!given.isJson && summaries.length === limit) {
    await write(context.stderr, `only the last ${limit}; --limit tells more\n`);
  }
  return exitCodes.done;
}

/** `axoner sessions search` */
export async function search(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [text = ""] = given.names;
  const found: Found[] = [];
  for await (const one of searchSessions(await context.openStore(), text)) {
    context.signal.throwIfAborted();
    found.push(one);
  }
  await tell(found, given, context);
  return exitCodes.done;
}

/** `axoner sessions show` */
export async function show(given: SessionArguments, context: CommandContext): Promise<ExitCode> {
  const [id = ""] = given.names;
  const session = await loadExisting(await context.openStore(), id);
  const { title, updatedAt } = summarize(session);
  const said = saidMessages(session.messages).map(({ message }) => message);
  if (given.isJson) {
    await writeJson(context.stdout, { id, title, updated_at: updatedAt, messages: said });
    return exitCodes.done;
  }
  await write(context.stdout, `${id}  ${timeOf(updatedAt)}  ${printable(title)}\n`);
  for (const message of said) await write(context.stdout, `\n${printable(toText(message))}\n`);
  return exitCodes.done;
}

async function tell(
  summaries: readonly (SessionSummary & { excerpt?: string })[],
  { isJson }: SessionArguments,
  { stdout, stderr }: CommandContext,
): Promise<void> {
  if (isJson) {
    const rows = summaries.map(({ messageCount, updatedAt, ...others }) => {
      return { ...others, message_count: messageCount, updated_at: updatedAt };
    });
    await writeJson(stdout, { sessions: rows });
    return;
  }
  if (summaries.length === 0) await write(stderr, "there are no sessions\n");
  const width = Math.max(0, ...summaries.map(({ id }) => id.length));
  for (const { id, title, messageCount, updatedAt, excerpt } of summaries) {
    const start = `${id.padEnd(width)}  ${timeOf(updatedAt)}  ${String(messageCount).padStart(4)}  `;
    await write(stdout, `${fit(start + printable(excerpt ?? title), stdout)}\n`);
  }
}

/** Cut to a line of a terminal; elsewhere whole. */
function fit(line: string, { isTTY, columns }: Output): string {
  return isTTY === true && columns !== undefined && columns > 0 ? withinColumns(line, columns) : line;
}

function timeOf(updatedAt: string): string {
  return updatedAt.slice(0, 16).replace("T", " ");
}

const maxInputChars = 300;
const maxResultChars = 1_000;

function toText(message: Message): string {
  switch (message.role) {
    case "user":
      return message.summarizes === undefined ? `> ${message.text.replaceAll("\n", "\n> ")}` : message.text;
    case "tool":
      return `  ${message.name} ${message.ok ? "returned" : "failed"}: ${cutText(message.text, maxResultChars)}`;
    case "assistant":
      return message.parts
        .flatMap((part) => {
          if (part.type === "text") return [part.text];
          if (part.type === "opaque") return [];
          return [`  ${part.call.name} ${cutText(JSON.stringify(part.call.input), maxInputChars)}`];
        })
        .join("\n");
  }
}
