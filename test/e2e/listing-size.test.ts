import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { startServer } from "../support/server.ts";

/** Every client that lists the tools pays for this in each of its conversations. */
const maxTokens = 4_500;

test("the whole reply to tools/list, output schemas included, stays small", async () => {
  // with a key there is the agent too
  const server = startServer({ cwd: temporaryFolder(), env: { OPENAI_API_KEY: "sk-none" } });
  const reply = await server.request("tools/list");
  expect(JSON.stringify(reply)).toContain('"run_agent"');
  expect(reply["result"]).toHaveProperty(["tools", 0, "outputSchema"]);
  expect(encode(JSON.stringify(reply)).length).toBeLessThanOrEqual(maxTokens);
});
