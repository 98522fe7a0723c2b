import { expect, test } from "vitest";
import { collect } from "../../src/contracts/provider.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { serviceOptions } from "../support/mocked-provider.ts";

const chat = "/chat/completions";
const addresses: [open: (options: ServiceOptions) => Provider, baseUrl: string, asked: string][] = [
  [openOpenAi, "http://h/v1?api-version=3", `http://h/v1${chat}?api-version=3`],
  [openOpenAi, "http://h?api-version=3", `http://h/v1${chat}?api-version=3`],
  [openOpenAi, `http://h/v1${chat}?a=1&b=2`, `http://h/v1${chat}?a=1&b=2`],
  [openOpenAi, "http://h/openai", `http://h/openai${chat}`],
  [openOpenAi, "https://api.groq.com", `https://api.groq.com/openai/v1${chat}`],
  [openOpenAi, "https://api.groq.com/openai/", `https://api.groq.com/openai/v1${chat}`],
  [openOpenAi, "https://api.groq.com/openai/v1", `https://api.groq.com/openai/v1${chat}`],
  [openOpenAi, "https://openrouter.ai/api", `https://openrouter.ai/api/v1${chat}`],
  [openOpenAiResponses, "http://h/v1?api-version=3", "http://h/v1/responses?api-version=3"],
  [openAnthropic, "http://h/v1?api-version=3", "http://h/v1/messages?api-version=3"],
];

test.each(addresses)("%o with the base URL %s asks %s", async (open, baseUrl, expected) => {
  const asked: string[] = [];
  const options = serviceOptions(baseUrl);
  const refuse: typeof options.host.fetch = (url) => {
    asked.push(url);
    return Promise.resolve(Response.json({ error: "no" }, { status: 400 }));
  };
  await expect(collect(open({ ...options, host: { ...options.host, fetch: refuse } }))).rejects.toThrow(/400/);
  expect(asked).toEqual([expected]);
});

test("a query of the base URL is not told: it may hold a key", async () => {
  const options = serviceOptions("http://h/v1?key=0123456789abcdef0123&v=3");
  const fetch: typeof options.host.fetch = (url) =>
    Promise.resolve(new Response(null, { status: 308, headers: { location: `${url}&moved` } }));
  const failure = await collect(openOpenAi({ ...options, host: { ...options.host, fetch } })).then(
    () => "nothing",
    String,
  );
  expect(failure).toContain("redirects to http://h/v1/chat/completions?key=***&v=3&moved");
  expect(failure).not.toContain("0123456789");
});
