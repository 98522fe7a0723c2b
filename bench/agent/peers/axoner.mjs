/** Sessions of axoner's library, as its users write them: one agent, its file store. */
import { createAgent, defineTool, openNodeHost, openProvider, openStore } from "../../../dist/index.js";
import { z } from "zod";
import { question, serveTasks, system, tools as plain } from "./conversation.mjs";

const text = z.string();
const tools = [
  defineTool({
    name: "look_up",
    description: plain.look_up.description,
    input: z.object({ token: text, item: text }),
    output: z.object({ stock: text }),
    hints: { readOnly: true },
    run: plain.look_up.run,
  }),
  defineTool({
    name: "place_order",
    description: plain.place_order.description,
    input: z.object({ token: text, bolts: z.number(), nuts: z.number() }),
    output: z.object({ order: text }),
    run: plain.place_order.run,
  }),
];

await serveTasks(async ({ base_url: baseUrl, folder, streamed }) => {
  const host = openNodeHost();
  const provider = await openProvider("openai-chat", { model: "mock", apiKey: "k", baseUrl, host, stream: streamed });
  const store = await openStore(`file:${folder}`);
  const agent = createAgent({ provider, tools, store, system });
  return {
    async run(token, signal) {
      const result = await agent.complete({ prompt: question(token), sessionId: token, signal });
      if (result.exit_reason !== "finished") throw new Error(result.error?.message ?? result.exit_reason);
      return result.text;
    },
    close: () => host.close(),
  };
});
