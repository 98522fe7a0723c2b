import { describe, expect, test } from "vitest";
import { isJsonObject } from "../../src/message.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openProvider } from "../../src/providers/index.ts";
import type { ModelRequest } from "../../src/providers/provider.ts";
import { collect, replyOf, requestOf, textOf } from "../../src/contracts/provider.ts";

/*
 * The wire against a server that nobody here wrote. The model is small: what it says proves nothing, how it is said does.
 */
const address = process.env["AXONER_TEST_MODEL_URL"];
if (address === undefined) throw new Error("AXONER_TEST_MODEL_URL is not set; start this by `npm run test:model`");

const host = openNodeHost();
const open = (name: string) => openProvider(name, { model: "gemma3-270m", baseUrl: address, host });

/** The server's Responses pay no heed to `max_output_tokens`: there the model is asked for little, and not for its limit. */
const keepsLimits = (name: string) => name !== "openai-responses";

describe.each(["openai", "openai-responses", "anthropic"])("a real model by %s", (name) => {
  test("streams a text piece by piece, and counts it", async () => {
    const provider = await open(name);
    const events = await collect(provider, {
      system: "You are brief.",
      messages: [{ role: "user", text: keepsLimits(name) ? "Tell me a story about a cat." : "Say hello." }],
      tools: [],
      maxOutputTokens: 40,
    });
    const { parts, usage } = replyOf(events);
    expect(events.filter((event) => event.type === "text").length).toBeGreaterThan(2);
    expect(parts).toEqual([{ type: "text", text: textOf(events) }]);
    expect(usage?.inputTokens).toBeGreaterThan(10);
    expect(usage?.outputTokens).toBeGreaterThan(2);
  });

  test.runIf(keepsLimits(name))("says that it was cut off", async () => {
    const events = await collect(await open(name), {
      messages: [{ role: "user", text: "Count from 1 to 1000." }],
      tools: [],
      maxOutputTokens: 16,
    });
    expect(replyOf(events).stopReason).toBe("length");
  });

  test("takes tools and a conversation with answered calls", async () => {
    const events = await collect(await open(name), {
      messages: [
        { role: "user", text: "What is 2 + 3?" },
        {
          role: "assistant",
          parts: [{ type: "tool_call", call: { id: "call_1", name: "calculate", input: { expression: "2 + 3" } } }],
        },
        { role: "tool", callId: "call_1", name: "calculate", ok: true, text: '{"result":"5"}' },
      ],
      maxOutputTokens: 20,
    });
    expect(replyOf(events).parts).toBeDefined();
  });

  test("ends at an abort, and answers the next", async () => {
    const provider = await open(name);
    const controller = new AbortController();
    const reason = new Error("enough");
    const request = requestOf({ tools: [], messages: [{ role: "user", text: "Count to 500." }], maxOutputTokens: 400 });
    const reading = (async () => {
      for await (const _event of provider.stream(request, controller.signal)) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    const again = {
      tools: [],
      maxOutputTokens: 16,
      messages: [{ role: "user", text: "Say hello." }],
    } satisfies Partial<ModelRequest>;
    expect(textOf(await collect(provider, again))).not.toBe("");
  });

  test("tells a conversation that is too long by its kind", async () => {
    const failure: unknown = await collect(await open(name), {
      messages: [{ role: "user", text: "word ".repeat(9_000) }],
    }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ kind: "context" });
  });
});

test("a format is kept", async () => {
  const schema = {
    type: "object",
    properties: { name: { type: "string", maxLength: 20 }, legs: { type: "integer" } },
    required: ["name", "legs"],
    additionalProperties: false,
  };
  const events = await collect(await open("openai"), {
    messages: [{ role: "user", text: "Describe a dog as JSON." }],
    tools: [],
    output: { name: "animal", schema },
    maxOutputTokens: 60,
  });
  const animal: unknown = JSON.parse(textOf(events));
  expect(isJsonObject(animal) && [typeof animal["name"], Number.isInteger(animal["legs"])]).toEqual(["string", true]);
});
