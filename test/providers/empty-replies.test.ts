import { afterEach, expect, test } from "vitest";
import { collect, textOf } from "../../src/contracts/provider.ts";
import type { JsonObject, Message } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import { openMockedProvider, type Mocking, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, stream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(open: Mocking["open"], ...answers: Answer[]): Promise<OpenedProvider> {
  const opened = await openMockedProvider(answers, open ? { open } : {});
  running.push(opened);
  return opened;
}

const services: [name: string, open: Mocking["open"], nothing: JsonObject][] = [
  ["chat", openOpenAi, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }],
  ["anthropic", openAnthropic, { type: "message", content: [], stop_reason: "end_turn" }],
  ["responses", openOpenAiResponses, { object: "response", status: "completed", output: [{ type: "reasoning" }] }],
];

test.each(services)("%s: a reply with nothing in it is asked for once more, and then an error", async (...service) => {
  const [, open, nothing] = service;
  const { provider, server } = await start(open, json(nothing));
  await expect(collect(provider)).rejects.toThrow(/mock sent a reply with nothing in it; try again/);
  expect(server.requests).toHaveLength(2);
});

test.each(services)("%s: what the model says at the second attempt is its reply", async (_name, open, nothing) => {
  const { provider } = await start(open, json(nothing), "here I am");
  expect(textOf(await collect(provider))).toBe("here I am");
});

test("a reply of blanks is an error at once: what was shown cannot be taken back", async () => {
  const blanks = { choices: [{ message: { content: " \n" }, finish_reason: "stop" }] };
  const { provider, server } = await start(openOpenAi, json(blanks));
  await expect(collect(provider)).rejects.toThrow(/nothing in it/);
  expect(server.requests).toHaveLength(1);
});

test.each([
  ["failed and says nothing of it", "failed", 2, /answered 400/],
  ["is still under way", "in_progress", 1, /is in_progress, not completed/],
  ["was cancelled", "cancelled", 1, /is cancelled/],
])("a whole response that %s is an error", async (_what, status, requests, message) => {
  const whole = json({ object: "response", status, error: null, output: [], usage: null });
  const { provider, server } = await start(openOpenAiResponses, whole, json({ error: "no" }, 400));
  await expect(collect(provider)).rejects.toThrow(message);
  expect(server.requests).toHaveLength(requests);
});

test("a response that fails each time is told as that", async () => {
  const event = {
    type: "response.failed",
    response: { object: "response", status: "failed", error: null, output: [] },
  };
  const { provider } = await start(openOpenAiResponses, stream([`data: ${JSON.stringify(event)}\n\n`]));
  await expect(collect(provider)).rejects.toThrow(/a server error that it does not name; try again later/);
});

test("the next chat request leaves out replies that say nothing, and says at once what the user said in a row", async () => {
  const { provider, server } = await start(openOpenAi, "ok");
  const picture = { mediaType: "image/png", base64: "AAAA" };
  const messages: Message[] = [
    { role: "user", text: "one" },
    { role: "assistant", parts: [] },
    { role: "user", text: "two", images: [picture] },
    { role: "assistant", parts: [{ type: "text", text: "" }] },
    { role: "user", text: "three" },
    { role: "assistant", parts: [{ type: "text", text: "yes" }] },
    { role: "user", text: "four" },
    { role: "user", text: "five" },
  ];
  const events = provider.stream({ system: undefined, messages, tools: [] }, new AbortController().signal);
  for await (const event of events) expect(event.type).not.toBe("reasoning");
  expect(server.requests[0]?.body["messages"]).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "one\n\ntwo\n\nthree" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      ],
    },
    { role: "assistant", content: "yes" },
    { role: "user", content: "four\n\nfive" },
  ]);
});
