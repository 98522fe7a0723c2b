import wrapAnsi from "wrap-ansi";
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/nearest.ts";
import { commandNames, obey } from "./chat/commands.ts";
import { completePath } from "./chat/complete-path.ts";
import { openLineEditor } from "./chat/line-editor.ts";
import { introduction } from "./chat/introduction.ts";
import { goTo, leave, lookAround, tellGrowth } from "./chat/place.ts";
import { nothingSpent, statusOf, type Talk } from "./chat/talk.ts";
import { takeTurn } from "./chat/turn.ts";
import { openDesk, type Desk, type PutQuestion } from "./approval/desk.ts";
import { commands } from "./commands.ts";
import { exitCodes, type CommandContext, type ExitCode } from "./command.ts";
import { withOutcome } from "./outcome.ts";
import { flagsOf, optionLines } from "./own-options.ts";
import { write } from "./output.ts";
import { openProgress } from "./progress.ts";
import { linksFor, noLinks } from "./terminal/links.ts";
import { paintFor, plain } from "./terminal/paint.ts";
import { columnsOf, openMarkdownStream } from "./terminal/stream.ts";

const usage = `axoner chat

A conversation with the agent in the terminal. /help lists what can be typed besides prompts.

${optionLines(commands.chat.options)}

\`--session ID\` goes on with a conversation, or begins it.
\`axoner --help\` lists the options for the model, the limits and the store.
`;

const known = [...flagsOf(commands.chat.options), "--help", "-h"];

/**
 * `axoner chat`: the agent in a terminal.
 *
 * @throws ConfigError for arguments it does not know, and where there is no terminal
 */
export const chat = withOutcome(async (args, context) => {
  const unknown = args.find((argument) => !known.includes(argument));
  if (unknown !== undefined) {
    throw new ConfigError(`axoner chat does not know ${unknown}${didYouMean(unknown, known)}; see axoner chat --help`);
  }
  if (args.includes("--help") || args.includes("-h")) {
    await write(context.stdout, usage);
    return exitCodes.done;
  }
  if (context.stdout.isTTY !== true) {
    throw new ConfigError('axoner chat needs a terminal; elsewhere use axoner run "PROMPT"');
  }
  const { desk, sitAt } = openLaterDesk();
  return (await introduce(context, desk)) ?? converse({ context, desk, sitAt, isPlain: args.includes("--plain") });
});

/** Where no model can be used: what to do, and which servers of models there are on this machine. */
async function introduce(context: CommandContext, { ask }: Desk): Promise<ExitCode | undefined> {
  if (context.hasProvider) {
    // what is piped in was not typed by somebody who reads the questions
    await context.openAgent(context.stdin.isTTY === true ? ask : undefined);
    return undefined;
  }
  await write(context.stderr, await introduction(context.machine.environment));
  return exitCodes.usage;
}

interface Conversing {
  context: CommandContext;
  desk: Desk;
  sitAt: (put: PutQuestion) => void;
  isPlain: boolean;
}

/** A desk that somebody sits down at later: the agent is opened before the terminal is taken. */
function openLaterDesk(): Pick<Conversing, "desk" | "sitAt"> {
  let put: PutQuestion = () => Promise.resolve(undefined);
  return { desk: openDesk((question) => put(question)), sitAt: (later) => void (put = later) };
}

async function converse({ context, desk, sitAt, isPlain }: Conversing): Promise<ExitCode> {
  const interrupts = openInterrupts(context);
  const editor = await openLineEditor({
    input: context.stdin,
    output: context.stdout,
    historyFile: await context.stateFile("chat-history.jsonl"),
    complete: (line) => (line.startsWith("/") ? completeCommand(line) : completePath(line)),
    interrupt: interrupts.tell,
    isPlain,
  });
  const release = isPlain ? interrupts.listen(() => editor.interrupted()) : () => undefined;
  let talk: Talk | undefined;
  try {
    talk = await openTalk({ context, desk, isPlain, onInterrupt: interrupts.listen });
    const { say, paint } = talk;
    await goTo(talk, context.session ?? crypto.randomUUID());
    sitAt(({ text, prompt, signal }) => {
      say(paint("yellow", text));
      return editor.ask(prompt, signal);
    });
    talk.say(talk.paint("dim", `session ${talk.sessionId}; /help tells more, Ctrl-D leaves`));
    for (;;) {
      talk.say("");
      talk.say(talk.paint("dim", statusOf(talk)));
      const text = await editor.read("> ");
      if (text === undefined) return exitCodes.done;
      if (text.trim() === "") continue;
      await tellGrowth(talk);
      if (!text.startsWith("/")) {
        if (!(await takeTurn(talk, text))) return exitCodes.cancelled;
      } else if (!(await obey(talk, text))) return exitCodes.done;
      await lookAround(talk);
    }
  } finally {
    talk?.answer.close();
    release();
    editor.close();
    if (talk !== undefined) await leave(talk);
  }
}

/** Ctrl-C comes from the terminal as a key, and from elsewhere as a signal. */
function openInterrupts(context: CommandContext) {
  const listeners: (() => void)[] = [];
  return {
    tell: () => listeners.at(-1)?.(),
    listen(listener: () => void): () => void {
      const release = context.onInterrupt(listener);
      listeners.push(listener);
      return () => {
        release();
        listeners.splice(listeners.lastIndexOf(listener), 1);
      };
    },
  };
}

function completeCommand(line: string): [completions: string[], replaced: string] {
  return [commandNames.filter((name) => name.startsWith(line)), line];
}

interface TalkOptions extends Pick<Talk, "context" | "desk" | "onInterrupt"> {
  isPlain: boolean;
}

async function openTalk({ context, desk, isPlain, onInterrupt }: TalkOptions): Promise<Talk> {
  const { stdout: output } = context;
  const paint = isPlain ? plain : paintFor(output);
  const link = isPlain ? noLinks : linksFor(output, context.machine.environment);
  const redraws = !isPlain && output.hasColors?.() === true;
  const report = openProgress(output, redraws);
  const answer = openMarkdownStream({ output, paint, link, redraws });
  return {
    context,
    desk,
    onInterrupt,
    agent: await context.openAgent(),
    store: await context.openStore(),
    paint,
    answer,
    report,
    say(line) {
      answer.end(); // what still grows would be taken back together with what is said here
      report.clear();
      output.write(`${wrapAnsi(line, columnsOf(output), { hard: true, trim: false })}\n`);
    },
    sessionId: "",
    presence: await context.openPresence(),
    place: undefined,
    knownMessages: 0,
    provider: (await context.openModels()).current,
    spent: nothingSpent,
  };
}
