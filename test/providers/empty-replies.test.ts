import { afterEach, expect, test } from "vitest";
import { collect, textOf } from "../../src/contracts/provider.ts";
import type { JsonObject, Message } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import { openMockedProvider, type Mocking, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, type Answer } from "../support/model-server.ts";

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
  ["chat with blanks", openOpenAi, { choices: [{ message: { content: " \n" }, finish_reason: "stop" }] }],
  ["anthropic", openAnthropic, { type: "message", content: [], stop_reason: "end_turn" }],
  ["responses", openOpenAiResponses, { object: "response", status: "completed", output: [{ type: "reasoning" }] }],
];

test.each(services)("%s: a reply with nothing in it is asked for once more, and then an error", async (...service) => {
  const [name, open, nothing] = service;
  const { provider, server } = await start(open, json(nothing));
  await expect(collect(provider)).rejects.toThrow(/mock sent a reply with nothing in it; try again/);
  // what was shown, blanks that they were, cannot be taken back
  expect(server.requests).toHaveLength(name === "chat with blanks" ? 1 : 2);
});

test.each(services)("%s: what the model says at the second attempt is its reply", async (name, open, nothing) => {
  const { provider } = await start(open, json(nothing), "here I am");
  const said = collect(provider).then(textOf);
  await (name === "chat with blanks" ? expect(said).rejects.toThrow() : expect(said).resolves.toBe("here I am"));
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
