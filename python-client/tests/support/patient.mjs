/** A plugin whose tools tell when they wait, how far they are, and that they were stopped. */
import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { defineTool } from "axoner";
import { z } from "zod";

export const wait = defineTool({
  name: "wait",
  description: "Wait for a minute, and note in a file that it began and that it was stopped.",
  input: z.object({ note: z.string() }),
  output: z.object({}),
  async run({ note }, { signal }) {
    signal.addEventListener("abort", () => appendFileSync(note, "stopped\n"));
    appendFileSync(note, "begun\n");
    await delay(60_000, undefined, { signal });
    return {};
  },
});

export const count = defineTool({
  name: "count",
  description: "Count to three with progress.",
  input: z.object({}),
  output: z.object({ counted: z.number() }),
  async run(_input, { signal, progress }) {
    for (let done = 1; done <= 3; done++) {
      progress({ done, total: 3, message: `counted ${done}` });
      await delay(30, undefined, { signal });
    }
    return { counted: 3 };
  },
});
