import type { AgentEvent } from "../../agent/events.ts";
import { AxonerError } from "../../errors.ts";
import { cutText, printable } from "../../text/text.ts";
import { endingOf, progressText, seconds } from "../narrate.ts";
import { withMentions } from "../prompt/mentions.ts";
import { addTo, type Talk } from "./talk.ts";

const maxInputChars = 60;
const maxResultChars = 200;

/**
 * Have the agent answer, and show it as it comes. An interrupt ends the turn, not the conversation; another one before
 * the turn has ended waits for nothing. Whether the user stays.
 */
export async function takeTurn(talk: Talk, text: string): Promise<boolean> {
  const stop = new AbortController();
  const leave = new AbortController();
  const left = Promise.withResolvers<void>();
  leave.signal.addEventListener("abort", () => left.resolve());
  const release = talk.onInterrupt(() => {
    if (stop.signal.aborted) return leave.abort();
    talk.answer.end(); // what is reported stands below it
    talk.report.update("cancelling; Ctrl-C again leaves");
    stop.abort();
  });
  try {
    await Promise.race([answer(talk, text, { stopped: stop.signal, left: leave.signal }), left.promise]);
    return !leave.signal.aborted;
  } finally {
    talk.answer.end();
    talk.report.clear();
    release();
  }
}

async function answer(
  talk: Talk,
  text: string,
  { stopped, left }: { stopped: AbortSignal; left: AbortSignal },
): Promise<void> {
  try {
    const prompt = await withMentions(text, {
      signal: stopped,
      tell: (notice) => talk.say(talk.paint("yellow", printable(notice))),
    });
    const { sessionId, provider } = talk;
    for await (const event of talk.agent.run({ ...prompt, sessionId, provider, signal: stopped })) {
      await talk.desk.settled();
      if (left.aborted) return;
      show(talk, event);
    }
  } catch (thrown) {
    if (!(thrown instanceof AxonerError)) throw thrown;
    if (!left.aborted) talk.say(talk.paint("red", printable(thrown.message)));
  }
}

function show(talk: Talk, event: AgentEvent): void {
  const { answer: shown, report, paint, say } = talk;
  switch (event.type) {
    case "turn_started":
      return report.update("…");
    case "text":
      report.clear();
      return shown.push(event.text);
    case "reasoning":
      return report.update("thinking …");
    case "model_replied":
      shown.end();
      if (event.usage !== null) {
        talk.spent = { ...talk.spent, contextTokens: event.usage.input_tokens + event.usage.output_tokens };
      }
      return;
    case "tool_started":
      return report.update(`${event.name} ${inputText(event.input)}`);
    case "tool_progress":
      return report.update(progressText(event.name, event));
    case "tool_finished":
      return say(
        `${event.ok ? paint("green", "✓") : paint("red", "✗")} ${printable(event.name)} ${paint("dim", resultText(event))}`,
      );
    case "compacted":
      return say(paint("dim", `a summary stands for the first ${event.messages} messages from now on`));
    case "run_finished":
      talk.spent = addTo(talk.spent, event);
      return endingOf(event).forEach((line) => say(paint("yellow", printable(line))));
  }
}

function inputText(input: unknown): string {
  return cutText(JSON.stringify(input) ?? "", maxInputChars);
}

/** Folded: how long it took, and the beginning of what the model is told. */
function resultText({ text, elapsed_ms: elapsedMs }: { text: string; elapsed_ms: number }): string {
  return `(${seconds(elapsedMs)}) ${cutText(printable(text).replace(/\s+/g, " "), maxResultChars)}`;
}
