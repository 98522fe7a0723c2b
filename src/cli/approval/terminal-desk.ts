import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { CommandContext } from "../command.ts";
import type { ProgressReport } from "../progress.ts";
import { openDesk, type Desk } from "./desk.ts";

/** Asks on stderr and reads from stdin, line by line; where all of them are terminals. */
export function openTerminalDesk({ stdin, stderr }: CommandContext, report: ProgressReport): Desk {
  return openDesk(async ({ text, prompt, signal }) => {
    await discardTyped(stdin);
    if (signal.aborted || stdin.readableEnded) return undefined;
    report.line(text);
    // without `terminal` Ctrl-C stays a signal, which ends the run
    const reader = createInterface({ input: stdin, output: stderr, terminal: false });
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const leave = () => resolve(undefined);
    signal.addEventListener("abort", leave, { once: true });
    reader.once("close", leave);
    reader.question(prompt, resolve);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", leave);
      reader.close();
    }
  });
}

const typedWithinMs = 20;

/** A line that was typed before the question is no answer to it. */
async function discardTyped(stdin: CommandContext["stdin"]): Promise<void> {
  const ignore = () => undefined;
  stdin.on("data", ignore);
  await delay(typedWithinMs);
  stdin.off("data", ignore);
  stdin.pause();
}
