import { expect, test } from "vitest";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openProvider } from "../../src/providers/index.ts";
import { priceOf } from "../../src/providers/prices.ts";

const host = openNodeHost();

test.each([
  ["anthropic", "claude-haiku-4-5-20251001", { input: 1, output: 5, cachedInput: 0.1, cacheWrite: 1.25 }],
  ["openai", "gpt-5-mini-2025-08-07", { input: 0.25, output: 2, cachedInput: 0.025, cacheWrite: 0.25 }],
  ["groq", "openai/gpt-oss-120b", { input: 0.15, output: 0.6, cachedInput: 0.075, cacheWrite: 0.15 }],
] as const)("a dated name at %s is priced as its model: %s", (service, model, price) => {
  expect(priceOf(service, model)).toEqual(price);
});

test("a request with a very long input costs more where the service says so", () => {
  expect(priceOf("openai", "gpt-6-sol")).toEqual({
    input: 2,
    output: 10,
    cachedInput: 0.2,
    cacheWrite: 2.5,
    long: { over: 272_000, price: { input: 4, output: 15, cachedInput: 0.4, cacheWrite: 5 } },
  });
});

test.each(["gpt-99", "constructor", "", "claude-sonnet-5-5"])("the model %j has no price at OpenAI", (model) => {
  expect(priceOf("openai", model)).toBeUndefined();
});

test.each([
  ["anthropic", "claude-sonnet-5-5", undefined, true],
  ["openai", "gpt-6-luna", undefined, true],
  ["openai-chat", "gpt-6-luna", undefined, true],
  ["groq", "qwen/qwen3-32b", undefined, true],
  ["openai", "gpt-6-luna", "http://localhost:11434/v1", false],
  ["anthropic", "claude-sonnet-5-5", "http://localhost:8080", false],
])("%s with %s at %s has a price: %s", async (name, model, baseUrl, isPriced) => {
  const provider = await openProvider(name, { model, baseUrl, apiKey: "k", host });
  expect(provider.price !== undefined).toBe(isPriced);
});
