import assert from "node:assert/strict";
import { ProviderError } from "../errors.ts";
import type { Message, ToolCall } from "../message.ts";
import type { ModelEvent, ModelReply, ModelRequest, Provider } from "../providers/provider.ts";
import type { ScriptedReply } from "../providers/scripted.ts";
import { casesOf, type ContractCase } from "./contract.ts";
import { sending, type Sending } from "./sent-request.ts";

export interface ProviderUnderTest {
  provider: Provider;
  /** What the service received: the text of each request, in their order, e.g. the bodies as they came. */
  sent(): readonly string[];
  /** Frees what stands behind it. */
  close(): Promise<void>;
}

/**
 * What every provider does, whoever is behind it, as cases for any test runner.
 *
 * @param open makes one whose model gives these replies, one a request, in their order: a provider in front of a server
 *   that plays them. A reply with `error` is what the service refuses.
 */
export function providerContract(open: (replies: ScriptedReply[]) => Promise<ProviderUnderTest>): ContractCase[] {
  const begin = async (): Promise<Subject> => {
    const opened: ProviderUnderTest[] = [];
    return {
      async start(...replies) {
        const one = await open(replies);
        opened.push(one);
        return one.provider;
      },
      async send(changes) {
        const one = await open(["heard"]);
        opened.push(one);
        await collect(one.provider, changes);
        const [body, ...more] = one.sent();
        assert.ok(body !== undefined && more.length === 0, `${one.sent().length} requests were sent, not one`);
        return body;
      },
      async close() {
        for (const one of opened) await one.close();
      },
    };
  };
  return casesOf({ open: begin, close: ({ close }) => close() }, { ...replying, ...reading, ...sending, ...ending });
}

interface Subject extends Sending {
  start(...replies: ScriptedReply[]): Promise<Provider>;
  close(): Promise<void>;
}

type Check = (subject: Subject) => Promise<void>;

const replying: Record<string, Check> = {
  async "streams text and then the whole reply, once"({ start }) {
    const provider = await start({ text: "The answer is 42.", usage: { input_tokens: 7, output_tokens: 5 } });
    const events = await collect(provider);
    assert.equal(textOf(events), "The answer is 42.");
    assert.equal(events.filter((event) => event.type === "done").length, 1);
    assert.deepEqual(replyOf(events), {
      type: "done",
      parts: [{ type: "text", text: "The answer is 42." }],
      usage: { inputTokens: 7, outputTokens: 5 },
      stopReason: "end",
    });
  },
  async "gives parallel tool calls in their order with ids of their own"({ start }) {
    const called = [
      { name: "scrape", input: { urls: ["http://a", "http://b"] } },
      { name: "calculate", input: { expression: "2 + 3" } },
    ];
    const reply = replyOf(await collect(await start({ text: "Both at once.", tool_calls: called })));
    const calls = callsOf(reply);
    assert.equal(reply.stopReason, "tool_calls");
    assert.deepEqual(
      calls.map(({ name, input }) => ({ name, input })),
      called,
    );
    assert.equal(new Set(calls.map((call) => call.id)).size, 2);
  },
  async "keeps arguments that are no JSON as the text they are"({ start }) {
    const provider = await start({ tool_calls: [{ name: "calculate", input: '{"expression": 2 +' }] });
    const [call] = callsOf(replyOf(await collect(provider)));
    assert.equal(call?.name, "calculate");
    assert.equal(call.input, '{"expression": 2 +');
  },
  async "says when the model stopped for length"({ start }) {
    const provider = await start({ text: "I", stop_reason: "length" });
    assert.equal(replyOf(await collect(provider)).stopReason, "length");
  },
  async "says when the model refused"({ start }) {
    const provider = await start({ text: "I", stop_reason: "refusal" });
    assert.equal(replyOf(await collect(provider)).stopReason, "refusal");
  },
  async "takes an empty reply for an empty one, or for a failure"({ start }) {
    const provider = await start("");
    const parts = await collect(provider).then(
      (events) => replyOf(events).parts,
      (thrown: unknown) => thrown,
    );
    if (!(parts instanceof ProviderError)) assert.deepEqual(parts, []);
  },
};

const reading: Record<string, Check> = {
  async "takes a conversation with answered calls and goes on"({ start }) {
    const provider = await start("first", "second");
    await collect(provider);
    assert.equal(textOf(await collect(provider, { messages: answeredCalls })), "second");
  },
  async "takes ids of calls as other services spell them, and the same id twice"({ start }) {
    const id = `call.with:${"odd-characters/".repeat(5)}`;
    const turn: Message[] = [
      { role: "assistant", parts: [{ type: "tool_call", call: { id, name: "calculate", input: {} } }] },
      { role: "tool", callId: id, name: "calculate", ok: true, text: "" },
    ];
    const messages: Message[] = [{ role: "user", text: "twice" }, ...turn, ...turn];
    assert.equal(textOf(await collect(await start("done"), { messages })), "done");
  },
  async "takes pictures that tools returned"({ start }) {
    const call = (id: string) => ({ type: "tool_call" as const, call: { id, name: "draw", input: {} } });
    const images = [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }];
    const messages: Message[] = [
      { role: "user", text: "Draw both." },
      { role: "assistant", parts: [call("a"), call("b"), call("c")] },
      { role: "tool", callId: "a", name: "draw", ok: true, text: '{"path":"a.png"}', images },
      { role: "tool", callId: "b", name: "draw", ok: false, text: "ERROR timeout: too slow" },
      { role: "tool", callId: "c", name: "draw", ok: true, text: "", images: [...images, ...images] },
    ];
    assert.equal(textOf(await collect(await start("A bar."), { messages })), "A bar.");
  },
  async "takes pictures, a format of the reply and a limit of its length"({ start }) {
    const events = await collect(await start('{"colour":"red"}'), {
      messages: [{ role: "user", text: "Which colour?", images: [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }] }],
      output: { name: "answer", schema: { type: "object", properties: { colour: { type: "string" } } } },
      maxOutputTokens: 500,
    });
    assert.equal(textOf(events), '{"colour":"red"}');
  },
};

const ending: Record<string, Check> = {
  async "rejects a refusal with a ProviderError that carries what was said"({ start }) {
    const provider = await start({ error: { message: "this model does not exist" } });
    await assert.rejects(collect(provider), (thrown) => {
      assert.ok(thrown instanceof ProviderError, `${String(thrown)} is no ProviderError`);
      assert.match(thrown.message, /this model does not exist/);
      return true;
    });
  },
  async "ends with the signal's reason where it was aborted before"({ start }) {
    const reason = new Error("changed my mind");
    const asked = collect(await start("never"), {}, AbortSignal.abort(reason));
    await assert.rejects(asked, (thrown) => thrown === reason);
  },
  async "ends with the signal's reason where it is aborted in the middle"({ start }) {
    const provider = await start("one two three four five six seven eight");
    const controller = new AbortController();
    const reason = new Error("enough");
    let seen = 0;
    const aborting = (async () => {
      for await (const _event of provider.stream(requestOf(), controller.signal)) {
        seen += 1;
        controller.abort(reason);
      }
    })();
    await assert.rejects(aborting, (thrown) => thrown === reason);
    assert.equal(seen, 1);
  },
  async "frees the request where the reader leaves early, and serves the next"({ start }) {
    const provider = await start("one two three", "four");
    for await (const event of provider.stream(requestOf(), new AbortController().signal)) {
      assert.equal(event.type, "text");
      break;
    }
    assert.equal(textOf(await collect(provider)), "four");
  },
};

/** With a block of another provider, a call that cannot be read, and a turn without a word. */
const answeredCalls: Message[] = [
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
];

/** A question with one tool. */
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

/** Ask, and read to the end. */
export async function collect(
  provider: Provider,
  changes: Partial<ModelRequest> = {},
  signal: AbortSignal = new AbortController().signal,
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
  assert.ok(last?.type === "done", "the last event is not `done`");
  return last;
}

function callsOf({ parts }: ModelReply): ToolCall[] {
  return parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
}
