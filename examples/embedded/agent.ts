/**
 * An agent with a tool of one's own, in a program of one's own: `node agent.ts "Is it going to rain in Lyon?"`.
 *
 * Needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server that speaks OpenAI's format.
 */
import { createAgent, defineTool, openNodeHost, openProvider } from "axoner";
import { z } from "zod";

const rain = defineTool({
  name: "rain",
  description: "The chance of rain in a city tomorrow.",
  input: z.object({ city: z.string() }),
  output: z.object({ percent: z.number() }),
  run: async ({ city }) => ({ percent: city === "Lyon" ? 80 : 10 }),
});

const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model = "gpt-5-mini" } = process.env;
const provider = await openProvider("openai", { model, apiKey, baseUrl, host: openNodeHost() });
const agent = createAgent({ provider, tools: [rain], maxTurns: 5, maxTimeMs: 60_000 });

const result = await agent.complete({ prompt: process.argv[2] ?? "Is it going to rain in Lyon?" });
console.log(result.exit_reason === "finished" ? result.text : result);
process.exit(result.exit_reason === "finished" ? 0 : 1);
