import { afterEach, describe, expect, test } from "vitest";
import { ProviderError } from "../../src/errors.ts";
import type { Message } from "../../src/message.ts";
import type { ModelEvent, ModelReply, ModelRequest, Provider } from "../../src/providers/provider.ts";
import type { ScriptedReply } from "../../src/testing.ts";

export interface ProviderUnderTest {
  provider: Provider;
  close(): Promise<void>;
}

/** What every provider does, whoever is behind it. `open` makes one whose model gives these replies in their order. */
export function describeProvider(
  subject: string,
  open: (replies: ScriptedReply[]) => Promise<ProviderUnderTest>,
): void {
  describe(`${subject} as a provider`, () => {
    const opened: ProviderUnderTest[] = [];
    const start = async (...replies: ScriptedReply[]): Promise<Provider> => {
      const one = await open(replies);
      opened.push(one);
      return one.provider;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    test("streams text and then the whole reply, once", async () => {
      const provider = await start({ text: "The answer is 42.", usage: { input_tokens: 7, output_tokens: 5 } });
      const events = await collect(provider);
      expect(textOf(events)).toBe("The answer is 42.");
      expect(events.filter((event) => event.type === "done")).toHaveLength(1);
      expect(replyOf(events)).toEqual({
        type: "done",
        parts: [{ type: "text", text: "The answer is 42." }],
        usage: { inputTokens: 7, outputTokens: 5 },
        stopReason: "end",
      });
    });

    test("gives parallel tool calls in their order with ids of their own", async () => {
      const provider = await start({
        text: "Both at once.",
        tool_calls: [
          { name: "scrape", input: { urls: ["http://a", "http://b"] } },
          { name: "calculate", input: { expression: "2 + 3" } },
        ],
      });
      const { parts, stopReason } = replyOf(await collect(provider));
      const calls = parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
      expect(stopReason).toBe("tool_calls");
      expect(calls.map(({ name, input }) => ({ name, input }))).toEqual([
        { name: "scrape", input: { urls: ["http://a", "http://b"] } },
        { name: "calculate", input: { expression: "2 + 3" } },
      ]);
      expect(new Set(calls.map((call) => call.id)).size).toBe(2);
    });

    test("keeps arguments that are no JSON as the text they are", async () => {
      const provider = await start({ tool_calls: [{ name: "calculate", input: '{"expression": 2 +' }] });
      const [part] = replyOf(await collect(provider)).parts;
      expect(part).toMatchObject({ type: "tool_call", call: { name: "calculate", input: '{"expression": 2 +' } });
    });

    test.each(["length", "refusal"] as const)("says when the model stopped for %s", async (reason) => {
      const provider = await start({ text: "I", stop_reason: reason });
      expect(replyOf(await collect(provider)).stopReason).toBe(reason);
    });

    test("an empty reply is a reply", async () => {
      expect(replyOf(await collect(await start(""))).parts).toEqual([]);
    });

    test("takes a conversation with answered calls and goes on", async () => {
      const provider = await start("first", "second");
      await collect(provider);
      const events = await collect(provider, {
        messages: [
          { role: "user", text: "2 + 3, and nonsense" },
          {
            role: "assistant",
            parts: [
              { type: "opaque", provider: "another", block: { signature: "x" } },
              { type: "text", text: "Sure" },
              { type: "tool_call", call: { id: "a", name: "calculate", input: { expression: "2+3" } } },
              { type: "tool_call", call: { id: "b", name: "no such.tool", input: "{" } },
            ],
          },
          { role: "tool", callId: "a", name: "calculate", ok: true, text: '{"result":"5"}' },
          { role: "tool", callId: "b", name: "no such.tool", ok: false, text: "ERROR not_found: no such tool" },
          { role: "assistant", parts: [] },
          { role: "user", text: "And now?" },
        ],
      });
      expect(textOf(events)).toBe("second");
    });

    test("takes ids of calls as other services spell them, and the same id twice", async () => {
      const provider = await start("done");
      const id = `call.with:${"odd-characters/".repeat(5)}`;
      const turn = [
        { role: "assistant", parts: [{ type: "tool_call", call: { id, name: "calculate", input: {} } }] },
        { role: "tool", callId: id, name: "calculate", ok: true, text: "" },
      ] satisfies Message[];
      const events = await collect(provider, { messages: [{ role: "user", text: "twice" }, ...turn, ...turn] });
      expect(textOf(events)).toBe("done");
    });

    test("takes pictures, a format of the reply and a limit of its length", async () => {
      const provider = await start('{"colour":"red"}');
      const events = await collect(provider, {
        messages: [
          { role: "user", text: "Which colour?", images: [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }] },
        ],
        output: { name: "answer", schema: { type: "object", properties: { colour: { type: "string" } } } },
        maxOutputTokens: 500,
      });
      expect(textOf(events)).toBe('{"colour":"red"}');
    });

    test("a refusal is a ProviderError that carries what was said", async () => {
      const provider = await start({ error: { message: "this model does not exist" } });
      const failure = collect(provider);
      await expect(failure).rejects.toThrow(ProviderError);
      await expect(failure).rejects.toThrow(/this model does not exist/);
    });

    test("a signal that was aborted before ends it with the signal's reason", async () => {
      const provider = await start("never");
      const reason = new Error("changed my mind");
      await expect(collect(provider, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test("an abort in the middle ends it with the signal's reason", async () => {
      const provider = await start("one two three four five six seven eight");
      const controller = new AbortController();
      const reason = new Error("enough");
      const seen: ModelEvent[] = [];
      const reading = (async () => {
        for await (const event of provider.stream(requestOf(), controller.signal)) {
          seen.push(event);
          controller.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      expect(seen).toHaveLength(1);
    });

    test("leaving early frees the request, and the next is served", async () => {
      const provider = await start("one two three", "four");
      for await (const event of provider.stream(requestOf(), new AbortController().signal)) {
        expect(event.type).toBe("text");
        break;
      }
      expect(textOf(await collect(provider))).toBe("four");
    });
  });
}

export function requestOf(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    system: "Be brief.",
    messages: [{ role: "user", text: "What is it?" }],
    tools: [
      {
        name: "calculate",
        description: "Evaluates.",
        inputSchema: { type: "object", properties: { expression: { type: "string" } } },
      },
    ],
    ...changes,
  };
}

export async function collect(
  provider: Provider,
  changes: Partial<ModelRequest> = {},
  signal = new AbortController().signal,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(requestOf(changes), signal)) events.push(event);
  return events;
}

export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}

/** The `done` event, which comes last. */
export function replyOf(events: readonly ModelEvent[]): ModelReply {
  const last = events.at(-1);
  if (last?.type !== "done") throw new Error("the last event is not `done`");
  return last;
}
