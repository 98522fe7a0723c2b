import type { AgentEvent, RunResult } from "../agent/events.ts";
import { cutText } from "../text/text.ts";
import type { Progress } from "../tools/tool.ts";
import type { ProgressReport } from "./progress.ts";

/** Tell a person what an event of a run means. Its text is not told: that is the result. */
export function narrate(event: AgentEvent, report: ProgressReport): void {
  switch (event.type) {
    case "turn_started":
      return report.update(`turn ${event.turn}: waiting for the model`);
    case "tool_started":
      return report.update(`${event.name}: started`);
    case "tool_progress":
      return report.update(progressText(event.name, event));
    case "tool_finished":
      return report.line(
        `${event.name}: ${event.ok ? "done" : cutText(event.text, 200)} (${seconds(event.elapsed_ms)})`,
      );
    case "compacted":
      return report.line(`the conversation was too long: its first ${event.messages} messages are summed up`);
    case "run_finished":
      return summarize(event).forEach((line) => report.line(line));
    case "text":
    case "reasoning":
      return;
    case "model_replied":
      if (event.fallback_reason !== undefined) {
        report.line(`${event.provider}'s ${event.model} answered: ${cutText(event.fallback_reason, 500)}`);
      }
      return;
  }
}

/** `done` and `total` of a call, e.g. `scrape: 12 of 60, fetching`. */
export function progressText(name: string, { done, total, message }: Progress): string {
  const counted = total === undefined ? String(done) : `${done} of ${total}`;
  return `${name}: ${counted}${message === undefined ? "" : `, ${message}`}`;
}

function summarize(result: RunResult): string[] {
  const { turns, tool_calls: calls, usage, session_id: session, cost_usd: usd } = result;
  const cost = usd === null ? "" : `, ${usdText(usd)}`;
  const counts = `${plural(turns, "turn")}, ${plural(calls, "tool call")}, ${usage.input_tokens} tokens in, ${usage.output_tokens} out${cost}`;
  return [...endingOf(result), `${counts}; session ${session}`];
}

export function usdText(usd: number): string {
  return `$${usd.toFixed(usd < 0.01 ? 6 : 4)}`;
}

/** Why a run ended, where it did not simply finish. */
export function endingOf({ exit_reason: reason, error, session_id: session }: RunResult): string[] {
  switch (reason) {
    case "finished":
      return [];
    case "max_turns":
      return [`stopped at the limit of turns; raise --max-turns, or go on with --session ${session}`];
    case "max_tokens":
      return [`stopped at a limit of tokens; raise --max-tokens if it is set, or go on with --session ${session}`];
    case "max_usd":
      return [`stopped before it would cost more than allowed; raise --max-usd, or go on with --session ${session}`];
    case "max_time":
      return [`stopped at the limit of time; raise --max-time, or go on with --session ${session}`];
    case "repeating":
      return [`stopped because the model made the same call again and again; go on with --session ${session}`];
    case "refused":
      return ["the model refused to answer; put the prompt differently or use another model"];
    case "cancelled":
      return ["cancelled"];
    case "error":
      return [`failed: ${error === undefined ? "unknown error" : `${error.code}: ${error.message}`}`];
  }
}

export function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(1)} s`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
