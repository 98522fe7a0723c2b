import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import { openFileStore } from "../../src/session/file.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { temporaryFolder } from "../support/config.ts";
import { openStockService } from "../support/stock-service.ts";

const tools = ["look_up", "order"].map((name) =>
  defineTool({
    name,
    description: "Does it.",
    input: z.object({ token: z.string(), item: z.string() }),
    output: z.object({ done: z.string() }),
    run: async ({ token, item }) => {
      await new Promise(setImmediate);
      return { done: `${item} of ${token}` };
    },
  }),
);

const tokenOf = (session: number) => `tok${session}x`;

async function runAll(sessions: number, refuses?: (count: number) => boolean) {
  const service = await openStockService(refuses);
  onTestFinished(() => service.close());
  const host = openNodeHost();
  onTestFinished(() => host.close());
  const provider = openOpenAi({
    name: "stock",
    model: "m",
    baseUrl: service.origin,
    apiKey: undefined,
    keyVariable: "KEY",
    host,
  });
  const folder = temporaryFolder();
  const agent = createAgent({ provider, tools, store: openFileStore(folder) });
  const results = await Promise.all(
    Array.from({ length: sessions }, (_, session) =>
      agent.complete({ prompt: `Fill up for ${tokenOf(session)}.`, sessionId: tokenOf(session) }),
    ),
  );
  return { service, folder, results };
}

describe("many sessions in one process", () => {
  test("1,000 at once do not mix, and every turn of each is saved", { timeout: 60_000 }, async () => {
    const { service, folder, results } = await runAll(1_000);
    expect(results.filter(({ exit_reason: reason }) => reason !== "finished")).toEqual([]);
    expect(results.map(({ text }) => text)).toEqual(results.map((_, session) => `Ordered for ${tokenOf(session)}.`));
    expect(service.problems).toEqual([]);
    const store = openFileStore(folder);
    for (const session of results.keys()) {
      const messages = (await store.load(tokenOf(session)))?.messages ?? [];
      expect(messages.map(({ role }) => role).join()).toBe("user,assistant,tool,tool,assistant,tool,assistant");
      expect(new Set(JSON.stringify(messages).match(/tok\d+x/g))).toEqual(new Set([tokenOf(session)]));
    }
  });

  test("every one ends well though 2 % of the model calls are refused", { timeout: 60_000 }, async () => {
    const { service, results } = await runAll(300, (count) => count % 50 === 0);
    expect(service.refusals()).toBeGreaterThan(10);
    expect(results.filter(({ exit_reason: reason }) => reason !== "finished")).toEqual([]);
    expect(service.problems).toEqual([]);
  });
});
