import type { AgentEvent } from "../../agent/events.ts";
import { AxonerError } from "../../errors.ts";
import { cutText, printable } from "../../text.ts";
import { endingOf, progressText, seconds } from "../narrate.ts";
import { withMentions } from "../prompt/mentions.ts";
import { addTo, type Talk } from "./talk.ts";

const maxInputChars = 60;
const maxResultChars = 200;

/** Have the agent answer, and show it as it comes. An interrupt ends the turn, not the conversation. */
export async function takeTurn(talk: Talk, text: string): Promise<void> {
  const stop = new AbortController();
  const release = talk.onInterrupt(() => stop.abort());
  try {
    const prompt = await withMentions(text, stop.signal);
    const { sessionId, provider } = talk;
    for await (const event of talk.agent.run({ ...prompt, sessionId, provider, signal: stop.signal })) {
      await talk.desk.settled();
      show(talk, event);
    }
  } catch (thrown) {
    if (!(thrown instanceof AxonerError)) throw thrown;
    talk.say(talk.paint("red", printable(thrown.message)));
  } finally {
    talk.answer.end();
    talk.report.clear();
    release();
  }
}

function show(talk: Talk, event: AgentEvent): void {
  const { answer, report, paint, say } = talk;
  switch (event.type) {
    case "turn_started":
      return report.update("…");
    case "text":
      report.clear();
      return answer.push(event.text);
    case "reasoning":
      return report.update("thinking …");
    case "model_replied":
      answer.end();
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
