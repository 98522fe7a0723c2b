import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import { collect } from "../../src/contracts/provider.ts";
import { ConfigError } from "../../src/errors.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { chooseProvider, openProvider } from "../../src/providers/index.ts";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer, stream, type Answer, type ModelServer } from "../support/model-server.ts";

const host = openNodeHost();
const servers: ModelServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: Answer): Promise<string> {
  const server = await openModelServer([answer]);
  servers.push(server);
  return `${server.origin}/v1`;
}

describe("how long a reply is waited for", () => {
  const chosen = { provider: "openai-chat", model: "m", fallbacks: [], secrets: {}, host };

  test("is what the program says: the silence", async () => {
    const baseUrl = await serve(stream([], "hang"));
    const provider = await openProvider("openai-chat", { model: "m", baseUrl, host, idleMs: 60 });
    await expect(collect(provider)).rejects.toThrow(/sent nothing for 0.06 s/);
  });

  test("is what the program says: all of it", async () => {
    const baseUrl = await serve(stream([], "hang"));
    const provider = await openProvider("openai-chat", { model: "m", baseUrl, host, totalMs: 70 });
    await expect(collect(provider)).rejects.toThrow(/had not finished after 0.07 s/);
  });

  test("is what the configuration says", async () => {
    const baseUrl = await serve(stream([], "hang"));
    const idle = await chooseProvider({ ...chosen, baseUrl, idleMs: 60 });
    await expect(collect(idle)).rejects.toThrow(/sent nothing for 0.06 s/);
    const total = await chooseProvider({ ...chosen, baseUrl, totalMs: 70 });
    await expect(collect(total)).rejects.toThrow(/had not finished after 0.07 s/);
  });
});

describe("what a model costs", () => {
  const gateway = { fallbacks: [], secrets: {}, host, baseUrl: "http://127.0.0.1:9/v1", provider: "openai" };
  const stated = { input: 1, output: 4, cachedInput: 0.1 };
  const whole = { input: 1, output: 4, cachedInput: 0.1, cacheWrite: 1 };

  test("is not known behind a gateway, and then what is stated of the model", async () => {
    expect((await chooseProvider({ ...gateway, model: "m" })).price).toBeUndefined();
    expect((await chooseProvider({ ...gateway, model: "m", prices: { m: stated } })).price).toEqual(whole);
    const prices = { m: { input: 9, output: 9 }, "openai/m": stated };
    expect((await chooseProvider({ ...gateway, model: "m", prices })).price).toEqual(whole);
    expect((await chooseProvider({ ...gateway, model: "constructor", prices })).price).toBeUndefined();
  });

  test("is what is stated also where another price is known", async () => {
    const provider = await openProvider("openai", { model: "gpt-6-luna", apiKey: "k", host, price: stated });
    expect(provider.price).toEqual(whole);
  });

  test("is stated of fallbacks too", async () => {
    const chosen = { ...gateway, model: "m", fallbacks: ["groq/big"], secrets: { GROQ_API_KEY: "k" } };
    expect((await chooseProvider({ ...chosen, prices: { m: stated } })).price).toBeUndefined();
    const prices = { m: stated, big: { input: 2, output: 3 } };
    expect((await chooseProvider({ ...chosen, prices })).price).toMatchObject({ input: 2, output: 4 });
  });

  test("holds a limit of money, without which a run is not begun", async () => {
    const model = join(temporaryFolder(), "replies.json");
    writeFileSync(model, JSON.stringify(["unused"]));
    const chosen = { provider: "scripted", model, fallbacks: [], secrets: {}, host };
    const unpriced = await chooseProvider(chosen);
    const open = () => createAgent({ provider: unpriced, tools: [], maxUsd: 0.001 });
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(/--prices '\{".*replies\.json": \{"input": 1, "output": 4\}\}'.*--max-tokens/);
    const provider = await chooseProvider({ ...chosen, prices: { [model]: { input: 0, output: 1_000 } } });
    const result = await createAgent({ provider, tools: [], maxUsd: 0.001 }).complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: "max_usd", turns: 0, cost_usd: 0 });
  });
});
