import { afterEach, describe, expect, test } from "vitest";
import { openAnthropic } from "../../src/providers/anthropic.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { collect, replyOf, textOf } from "../../src/contracts/provider.ts";
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

describe("what a service no longer takes is left out", () => {
  test.each([
    [
      "thoughts whose beginning was changed",
      openAnthropic,
      "anthropic",
      { type: "thinking", thinking: "Hm", signature: "forged" },
    ],
    [
      "reasoning of another account",
      openOpenAiResponses,
      undefined,
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm" }], encrypted_content: "forged" },
    ],
  ])("%s", async (_what, open, origin, block) => {
    const { provider, server } = await start(open, "never", "without it");
    const madeBy = origin ?? `responses:${new URL(server.origin).host}`;
    const events = await collect(provider, {
      messages: [
        { role: "user", text: "first" },
        {
          role: "assistant",
          parts: [
            { type: "opaque", provider: madeBy, block },
            { type: "text", text: "one" },
          ],
        },
        { role: "user", text: "second" },
      ],
    });
    expect(textOf(events)).toBe("without it");
    expect(JSON.stringify(server.requests[0]?.body)).toContain("forged");
    expect(JSON.stringify(server.requests[1]?.body)).not.toContain("forged");
  });

  test("a format that the model cannot be held to stands in the instructions", async () => {
    const objection = { error: { message: "This model does not support response format `json_schema`." } };
    const { provider, server } = await start(openOpenAi, json(objection, 400), '{"colour":"red"}');
    const output = { name: "answer", schema: { type: "object", properties: { colour: { type: "string" } } } };
    expect(replyOf(await collect(provider, { output })).stopReason).toBe("end");
    expect(server.requests[1]?.body).not.toHaveProperty("response_format");
    expect(JSON.stringify(server.requests[1]?.body["messages"])).toContain("JSON Schema");
  });
});
