/* An agent that charges a card and then waits for something: node charging-agent.ts FOLDER runs it until it is killed. */
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createAgent, type Agent } from "../../src/agent/agent.ts";
import { openFileStore } from "../../src/session/file.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";

export const chargeAll: ScriptStep = {
  text: "Charging.",
  tool_calls: ["charge", "look", "ship"].map((name) => ({ id: name, name, input: {} })),
};

/** What has an effect leaves a line in `effects`. Two of the tools wait until the folder holds `open`. */
export function chargingAgent(folder: string, script: ScriptStep[]): Agent {
  const effect = (name: string) => appendFileSync(join(folder, "effects"), `${name}\n`);
  const untilOpen = async (signal: AbortSignal) => {
    while (!existsSync(join(folder, "open"))) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const shared = { input: z.object({}), output: z.object({ receipt: z.string() }) };
  const tools = [
    defineTool({
      ...shared,
      name: "charge",
      description: "Charges the card.",
      async run() {
        effect("charged");
        return { receipt: "r-1" };
      },
    }),
    defineTool({
      ...shared,
      name: "ship",
      description: "Ships the goods.",
      async run(_input, { signal }) {
        effect("shipping");
        await untilOpen(signal);
        return { receipt: "s-1" };
      },
    }),
    defineTool({
      ...shared,
      name: "look",
      description: "Looks the order up.",
      hints: { readOnly: true },
      async run(_input, { signal }) {
        effect("looked");
        await untilOpen(signal);
        return { receipt: "l-1" };
      },
    }),
  ];
  return createAgent({ provider: scriptedProvider(script), tools, store: openFileStore(join(folder, "sessions")) });
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder = ""] = process.argv;
  for await (const event of chargingAgent(folder, [chargeAll]).run({ prompt: "Sell it.", sessionId: "order" })) {
    if (event.type === "tool_finished") process.stdout.write(`${event.name}\n`);
  }
}
