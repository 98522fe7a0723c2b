import { afterEach, expect, test } from "vitest";
import { ProviderError, type ProviderErrorKind } from "../../src/errors.ts";
import type { JsonValue } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { collect, textOf } from "../../src/contracts/provider.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, stream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

type Open = (options: ServiceOptions) => Provider;

async function start(open: Open, ...answers: Answer[]): Promise<OpenedProvider> {
  const opened = await openMockedProvider(answers, { open });
  running.push(opened);
  return opened;
}

const openAi = (message: string, code: string | null, type = "invalid_request_error"): JsonValue => ({
  error: { message, type, param: null, code },
});
const anthropic = (type: string, message: string): JsonValue => ({ type: "error", error: { type, message } });

/** As the services word them. */
const refusals: [what: string, open: Open, status: number, body: JsonValue, kind: ProviderErrorKind, advice: RegExp][] =
  [
    [
      "Anthropic, key",
      openAnthropic,
      401,
      anthropic("authentication_error", "invalid x-api-key"),
      "key",
      /check MOCK_API_KEY/,
    ],
    [
      "Anthropic, permission",
      openAnthropic,
      403,
      anthropic("permission_error", "not allowed"),
      "key",
      /check MOCK_API_KEY/,
    ],
    ["Anthropic, model", openAnthropic, 404, anthropic("not_found_error", "model: claude-x"), "model", /model's name/],
    [
      "Anthropic, context",
      openAnthropic,
      400,
      anthropic("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
      "context",
      /too long for this model/,
    ],
    [
      "Anthropic, context and limit",
      openAnthropic,
      400,
      anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 199 + 64 > 200"),
      "context",
      /too long for this model/,
    ],
    [
      "Anthropic, size",
      openAnthropic,
      413,
      anthropic("request_too_large", "Request exceeds 32 MB"),
      "context",
      /too long/,
    ],
    [
      "Anthropic, credit",
      openAnthropic,
      400,
      anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
      "quota",
      /quota is used up/,
    ],
    [
      "Anthropic, billing",
      openAnthropic,
      402,
      anthropic("billing_error", "Payment required"),
      "quota",
      /quota is used up/,
    ],
    [
      "OpenAI, key",
      openOpenAiResponses,
      401,
      openAi("Incorrect API key provided", "invalid_api_key"),
      "key",
      /check MOCK_API_KEY/,
    ],
    [
      "OpenAI, model",
      openOpenAiResponses,
      404,
      openAi("The model `gpt-x` does not exist or you do not have access to it.", "model_not_found"),
      "model",
      /model's name/,
    ],
    [
      "OpenAI, model, 400",
      openOpenAiResponses,
      400,
      openAi("The requested model 'gpt-x' does not exist.", "model_not_found"),
      "model",
      /model's name/,
    ],
    [
      "OpenAI, context",
      openOpenAiResponses,
      400,
      openAi("Your input exceeds the context window of this model.", "context_length_exceeded"),
      "context",
      /too long for this model/,
    ],
    [
      "OpenAI, quota",
      openOpenAi,
      429,
      openAi("You exceeded your current quota, please check your plan.", "insufficient_quota", "insufficient_quota"),
      "quota",
      /quota is used up/,
    ],
    [
      "Groq, model",
      openOpenAi,
      400,
      openAi("The model `gemma-7b-it` has been decommissioned and is no longer supported.", "model_decommissioned"),
      "model",
      /model's name/,
    ],
    [
      "Groq, context",
      openOpenAi,
      400,
      openAi("Please reduce the length of the messages or completion.", "context_length_exceeded"),
      "context",
      /too long/,
    ],
    [
      "Groq, a minute's tokens",
      openOpenAi,
      413,
      openAi(
        "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000",
        "rate_limit_exceeded",
        "tokens",
      ),
      "quota",
      /rate limit/,
    ],
    [
      "vLLM, context",
      openOpenAi,
      400,
      {
        object: "error",
        message: "This model's maximum context length is 4096 tokens. However, you requested 5000.",
        code: 400,
      },
      "context",
      /too long/,
    ],
    [
      "llama.cpp, context",
      openOpenAi,
      400,
      {
        error: {
          code: 400,
          message: "request (9 tokens) exceeds the available context size (8 tokens)",
          type: "exceed_context_size_error",
        },
      },
      "context",
      /too long/,
    ],
    [
      "Ollama, model",
      openOpenAi,
      404,
      openAi('model "x" not found, try pulling it first', null, "api_error"),
      "model",
      /model's name/,
    ],
    [
      "OpenRouter, credit",
      openOpenAi,
      402,
      { error: { message: "Insufficient credits", code: 402 } },
      "quota",
      /quota/,
    ],
    ["no such page", openOpenAi, 404, { detail: "Not Found" }, "other", /base URL/],
    ["bad request", openOpenAi, 400, openAi("Invalid value: 'x'", "invalid_value"), "other", /see what it objects to/],
  ];

test.each(refusals)("%s: told at once, by its kind", async (_what, ...refusal) => {
  const [open, status, body, kind, advice] = refusal;
  const { provider, server } = await start(open, json(body, status), "again");
  const failure: unknown = await collect(provider).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject({ kind, status, retryable: false, message: expect.stringMatching(advice) as string });
  expect(server.requests).toHaveLength(1);
});

const groqRate =
  "Rate limit reached for model `x` in organization `org_1` on tokens per minute (TPM): Limit 6000, Used 5900, Requested 200. Please try again in 10ms. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing";
const openAiRate =
  "Rate limit reached for requests. Limit: 3 / min. Please try again in 0.01s. Visit https://platform.openai.com/account/billing to add a payment method.";
const geminiRate =
  "You exceeded your current quota, please check your plan and billing details. Please retry in 0.01s.";

test.each([
  ["Groq's rate limit", openOpenAi, json(openAi(groqRate, "rate_limit_exceeded", "tokens"), 429)],
  [
    "Groq's rate limit with the wait in a header",
    openOpenAi,
    json(openAi("Slow down. Payment required? Upgrade at https://console.groq.com/settings/billing", null), 429, {
      "retry-after": "0",
    }),
  ],
  ["OpenAI's rate limit that names where to pay", openOpenAi, json(openAi(openAiRate, null, "requests"), 429)],
  [
    "OpenAI's rate limit in a stream",
    openOpenAi,
    stream([`data: ${JSON.stringify(openAi(openAiRate, "rate_limit_exceeded", "requests"))}\n\n`]),
  ],
  ["Gemini's rate limit", openOpenAi, json(openAi(geminiRate, null, "RESOURCE_EXHAUSTED"), 429)],
  ["Anthropic's overload", openAnthropic, json(anthropic("overloaded_error", "Overloaded"), 529)],
  [
    "Anthropic's overload in a stream",
    openAnthropic,
    stream([`event: error\ndata: ${JSON.stringify(anthropic("overloaded_error", "Overloaded"))}\n\n`]),
  ],
  ["Anthropic's rate limit", openAnthropic, json(anthropic("rate_limit_error", "slow"), 429, { "retry-after": "0" })],
  ["a conflict", openAnthropic, json(anthropic("conflict_error", "again"), 409)],
  ["a time-out", openOpenAi, json(openAi("too slow", null), 408)],
  [
    "OpenAI's failure in a stream",
    openOpenAiResponses,
    stream([
      `data: {"type":"response.failed","response":{"object":"response","output":[],"error":{"code":"server_error","message":"oops"}}}\n\n`,
    ]),
  ],
  [
    "OpenAI's error event",
    openOpenAiResponses,
    stream([
      `event: error\ndata: {"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null}\n\n`,
    ]),
  ],
] satisfies [string, Open, Answer][])("%s is tried again", async (_what, open, answer) => {
  const { provider, server } = await start(open, answer, "here I am");
  expect(textOf(await collect(provider))).toBe("here I am");
  expect(server.requests).toHaveLength(2);
});

test("a quota that is spent is not asked for again, whatever the service says of waiting", async () => {
  const spent = openAi("Quota exceeded. Please try again in 10ms.", "insufficient_quota", "insufficient_quota");
  const { provider, server } = await start(openOpenAi, json(spent, 429, { "retry-after": "0" }));
  await expect(collect(provider)).rejects.toMatchObject({ kind: "quota", retryable: false });
  expect(server.requests).toHaveLength(1);
});

test("a wait that is too long for a run is told, not waited for", async () => {
  const body = openAi(
    "Rate limit reached on tokens per day (TPD). Please try again in 7m12.5s.",
    "rate_limit_exceeded",
  );
  const { provider, server } = await start(openOpenAi, json(body, 429));
  await expect(collect(provider)).rejects.toMatchObject({ kind: "quota", retryAfterMs: 432_500 });
  expect(server.requests).toHaveLength(1);
});

test("a service that says not to try again is believed", async () => {
  const { provider, server } = await start(
    openAnthropic,
    json(anthropic("api_error", "no"), 500, { "x-should-retry": "false" }),
  );
  await expect(collect(provider)).rejects.toThrow(/500.*no/);
  expect(server.requests).toHaveLength(1);
});

test("a conversation that is found too long in a stream is told by its kind", async () => {
  const error = { type: "error", code: "context_length_exceeded", message: "Your input exceeds the context window." };
  const { provider } = await start(openOpenAiResponses, stream([`event: error\ndata: ${JSON.stringify(error)}\n\n`]));
  await expect(collect(provider)).rejects.toMatchObject({ kind: "context", retryable: false });
});
