import { AxonerError } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";
import { approvedTools } from "../../session/approvals.ts";
import { forkSession, undoTurn } from "../../session/edit.ts";
import { countSaid } from "../../session/said.ts";
import { checkSessionId, summarize } from "../../session/store.ts";
import { cutText, printable } from "../../text/text.ts";
import { goTo } from "./place.ts";
import { nothingSpent, spentText, type Talk } from "./talk.ts";

interface ChatCommand {
  usage: string;
  summary: string;
  /** Resolves with what is to be shown. */
  run(talk: Talk, argument: string): Promise<string>;
}

const shownSessions = 10;

const commands: Readonly<Record<string, ChatCommand>> = {
  "/help": { usage: "/help", summary: "this list", run: () => Promise.resolve(helpText()) },
  "/model": { usage: "/model [MODEL|PROVIDER/MODEL]", summary: "tell or change the model", run: changeModel },
  "/session": {
    usage: "/session [ID|new]",
    summary: "list conversations, go to one, or begin one",
    run: changeSession,
  },
  "/tools": { usage: "/tools", summary: "what the model can do here", run: listTools },
  "/approved": {
    usage: "/approved [TOOL]",
    summary: "tools that are called without asking; or be asked about one again",
    run: approvals,
  },
  "/cost": { usage: "/cost", summary: "what this conversation has used up", run: tellCost },
  "/compact": { usage: "/compact", summary: "sum up the older part of the conversation", run: compact },
  "/undo": { usage: "/undo", summary: "take the last turn back; what tools did stays done", run: undo },
  "/fork": { usage: "/fork [ID]", summary: "go on in a copy of this conversation", run: fork },
  "/exit": { usage: "/exit", summary: "leave; Ctrl-D does too", run: () => Promise.resolve("") },
};

export const commandNames = Object.keys(commands);

/** Do what a line that begins with `/` says, and tell. Whether the user stays. */
export async function obey(talk: Talk, line: string): Promise<boolean> {
  const [name = "", ...rest] = line.trim().split(/\s+/);
  if (name === "/exit" || name === "/quit") return false;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const { say, paint } = talk;
  if (command === undefined) {
    say(paint("yellow", printable(`there is no command ${name}${didYouMean(name, commandNames)}; /help lists them`)));
    return true;
  }
  try {
    say(printable(await command.run(talk, rest.join(" "))));
  } catch (thrown) {
    if (!(thrown instanceof AxonerError)) throw thrown;
    say(paint("red", printable(thrown.message)));
  }
  return true;
}

function helpText(): string {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length));
  const lines = Object.values(commands).map(({ usage, summary }) => `${usage.padEnd(width)}  ${summary}`);
  return [
    ...lines,
    "",
    "@path puts a file into the prompt. \\ at the end of a line goes on in the next.",
    "Ctrl-C ends a turn, and twice leaves.",
  ].join("\n");
}

async function changeModel(talk: Talk, name: string): Promise<string> {
  if (name !== "") talk.provider = await (await talk.context.openModels()).open(name);
  return `${talk.provider.name}/${talk.provider.model}`;
}

async function changeSession(talk: Talk, id: string): Promise<string> {
  if (id === "") return sessionList(talk);
  if (id !== "new") checkSessionId(id);
  await goTo(talk, id === "new" ? crypto.randomUUID() : id);
  talk.spent = nothingSpent;
  const session = await talk.store.load(talk.sessionId);
  if (session === undefined) {
    return id === "new"
      ? `a new conversation: ${talk.sessionId}`
      : `a new conversation (nothing is kept under ${talk.sessionId} yet)`;
  }
  return `${talk.sessionId}: ${summarize(session).title} (${countSaid(session.messages)} messages)`;
}

async function sessionList({ store, sessionId }: Talk): Promise<string> {
  const found = await store.list(shownSessions);
  const lines = found.map(({ id, title }) => `${id === sessionId ? "→" : " "} ${id}  ${title}`);
  return lines.length === 0 ? "no conversation is stored yet" : lines.join("\n");
}

async function listTools({ context }: Talk): Promise<string> {
  const tools = await (await context.openEngine()).definitions();
  return tools.map(({ name, description }) => `${name}: ${cutText(firstSentence(description), 100)}`).join("\n");
}

function firstSentence(text: string): string {
  return /^[^]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;
}

async function approvals({ store, sessionId }: Talk, tool: string): Promise<string> {
  const messages = (await store.load(sessionId))?.messages ?? [];
  const approved = approvedTools(messages);
  if (tool === "") return approved.size === 0 ? "no tool was approved for this conversation" : [...approved].join("\n");
  if (!approved.has(tool)) return `${tool} was not approved for this conversation`;
  await store.append(sessionId, messages.length, [{ role: "note", type: "approval", tool, isWithdrawn: true }]);
  return `${tool} is asked about again`;
}

function tellCost({ spent }: Talk): Promise<string> {
  const { inputTokens, outputTokens } = spent;
  const cost = spentText(spent) ?? "the price of the model is not known";
  return Promise.resolve(`${inputTokens} tokens in, ${outputTokens} out, ${cost}`);
}

async function compact(talk: Talk): Promise<string> {
  const stop = new AbortController();
  const release = talk.onInterrupt(() => stop.abort());
  try {
    talk.report.update("summing up …");
    const { messages } = await talk.agent.compact({ sessionId: talk.sessionId, signal: stop.signal });
    return messages === 0
      ? "the conversation is too short to be summed up"
      : `a summary stands for ${messages} messages`;
  } finally {
    release();
  }
}

async function undo({ store, sessionId }: Talk): Promise<string> {
  if ((await store.load(sessionId)) === undefined) return "there is nothing to take back";
  const prompt = await undoTurn(store, sessionId);
  return `taken back: ${cutText(prompt, 200)}`;
}

async function fork(talk: Talk, id: string): Promise<string> {
  const to = id === "" ? crypto.randomUUID() : id;
  await forkSession(talk.store, { from: talk.sessionId, to });
  const from = talk.sessionId;
  await goTo(talk, to);
  return `${to} goes on from here; ${from} stays as it is`;
}
