import { afterEach, describe, expect, test } from "vitest";
import { collect, textOf } from "../../src/contracts/provider.ts";
import type { Message } from "../../src/message.ts";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(open: (options: ServiceOptions) => Provider, ...answers: Answer[]): Promise<OpenedProvider> {
  const opened = await openMockedProvider(answers, { open });
  running.push(opened);
  return opened;
}

const png = { mediaType: "image/png", base64: "iVBORw0KGgo=" };
const url = `data:image/png;base64,${png.base64}`;
const call = (id: string) => ({ type: "tool_call" as const, call: { id, name: "chart", input: {} } });
const messages: Message[] = [
  { role: "user", text: "Draw." },
  { role: "assistant", parts: [call("a"), call("b")] },
  { role: "tool", callId: "a", name: "chart", ok: true, text: "a.png", images: [png] },
  { role: "tool", callId: "b", name: "chart", ok: true, text: "b.png" },
];

describe("pictures that a tool returned", () => {
  test("stand in Anthropic's tool_result, behind its text", async () => {
    const { provider, server } = await start(openAnthropic, "I see.");
    await collect(provider, { messages });
    const turns = server.requests[0]?.body["messages"] as { content: object[] }[];
    expect(turns.at(-1)?.content).toMatchObject([
      {
        type: "tool_result",
        tool_use_id: "a",
        content: [
          { type: "text", text: "a.png" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: png.base64 } },
        ],
      },
      { type: "tool_result", tool_use_id: "b", content: "b.png" },
    ]);
  });

  test("stand in the output of OpenAI's Responses", async () => {
    const { provider, server } = await start(openOpenAiResponses, "I see.");
    await collect(provider, { messages });
    const input = server.requests[0]?.body["input"] as object[];
    expect(input.slice(-2)).toMatchObject([
      {
        type: "function_call_output",
        call_id: "a",
        output: [
          { type: "input_text", text: "a.png" },
          { type: "input_image", image_url: url, detail: "auto" },
        ],
      },
      { type: "function_call_output", call_id: "b", output: "b.png" },
    ]);
  });

  test("follow the answers in Chat Completions, where those hold text alone", async () => {
    const { provider, server } = await start(openOpenAi, "I see.");
    await collect(provider, {
      messages: [
        ...messages,
        { role: "assistant", parts: [{ type: "text", text: "A." }] },
        { role: "user", text: "And?" },
      ],
    });
    const sent = server.requests[0]?.body["messages"] as object[];
    expect(sent.slice(3)).toEqual([
      { role: "tool", tool_call_id: "a", content: "a.png" },
      { role: "tool", tool_call_id: "b", content: "b.png" },
      {
        role: "user",
        content: [
          { type: "text", text: "[Pictures that your tool calls returned, in their order: chart: 1]" },
          { type: "image_url", image_url: { url } },
        ],
      },
      { role: "assistant", content: "A." },
      { role: "user", content: "And?" },
    ]);
  });

  test.each([
    "This model does not support image input.",
    "messages[4].content must be a string",
    "image exceeds 5 MB maximum",
    "Model has no vision capabilities",
  ])("are left out for a model that cannot be shown them: %s", async (message) => {
    const { provider, server } = await start(openOpenAi, json({ error: { message } }, 400), "I cannot see it.");
    expect(textOf(await collect(provider, { messages }))).toBe("I cannot see it.");
    const second = JSON.stringify(server.requests[1]?.body);
    expect(second).not.toContain(png.base64);
    expect(second).toContain("This model cannot be shown pictures; 1 were left out");
  });

  test("of the user's are never left out: that the model cannot see them is said", async () => {
    const { provider } = await start(
      openOpenAi,
      json({ error: { message: "This model does not support image input." } }, 400),
    );
    const shown: Message[] = [{ role: "user", text: "What is it?", images: [png] }];
    await expect(collect(provider, { messages: shown })).rejects.toThrow("does not support image input");
  });
});
