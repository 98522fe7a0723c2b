import { afterEach, expect, test } from "vitest";
import { ProviderError } from "../../src/errors.ts";
import type { AssistantPart, Message } from "../../src/message.ts";
import { openNodeHost, type NodeHost } from "../../src/runtime/node-host.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import { chooseProvider, openProvider } from "../../src/providers/index.ts";
import type { ModelEvent, Provider } from "../../src/providers/provider.ts";
import { scriptedProvider, type ScriptedReply } from "../../src/testing.ts";
import { collect, replyOf, requestOf, textOf } from "../../src/contracts/provider.ts";
import { key } from "../support/mocked-provider.ts";
import { openModelServer, type Answer, type ModelServer } from "../support/model-server.ts";
import { leadingTo } from "../support/to-mock.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const down: ScriptedReply = { error: { message: "the service is down" } };

test("where the first fails before its first token, the next is asked, and signs the reply", async () => {
  const provider = withFallbacks(scriptedProvider([down]), [named("second", ["here I am"])], Date);
  const events = await collect(provider);
  expect(textOf(events)).toBe("here I am");
  expect(replyOf(events).servedBy).toEqual({ name: "second", model: "scripted", price: undefined });
});

test("what was shown is not followed by another's reply", async () => {
  const first = scriptedProvider([{ text: "Half of", error: { message: "broke off" } }]);
  const provider = withFallbacks(first, [named("second", ["another"])], Date);
  await expect(collect(provider)).rejects.toThrow("broke off");
});

test("one that failed rests for a minute and is asked again after it", async () => {
  let now = 0;
  const first = scriptedProvider([down, "back again"]);
  const provider = withFallbacks(first, [named("second", ["one", "two"])], { now: () => now });
  expect(textOf(await collect(provider))).toBe("one");
  expect(textOf(await collect(provider))).toBe("two");
  now = 61_000;
  const events = await collect(provider);
  expect(textOf(events)).toBe("back again");
  expect(replyOf(events).servedBy).toBeUndefined();
});

test("where all fail, the error tells of each, and they are asked again although they rest", async () => {
  const second = named("second", [{ error: { message: "no quota", retryable: true } }, "better"]);
  const provider = withFallbacks(scriptedProvider([down, down]), [second], Date);
  const failure: unknown = await collect(provider).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject({ message: "the service is down; then no quota", retryable: true });
  expect(textOf(await collect(provider))).toBe("better");
});

test("a conversation that is too long is told, not passed on", async () => {
  const long: Provider = {
    ...scriptedProvider(["x"]),
    // oxlint-disable-next-line require-yield -- it fails at once
    async *stream(): AsyncGenerator<ModelEvent> {
      throw new ProviderError("too long", { kind: "context", retryable: false });
    },
  };
  await expect(collect(withFallbacks(long, [scriptedProvider(["y"])], Date))).rejects.toThrow("too long");
});

test("an abort is not a failure to fall back from", async () => {
  const controller = new AbortController();
  const second = named("second", ["never"]);
  const provider = withFallbacks(scriptedProvider(["one two three"]), [second], Date);
  const reason = new Error("enough");
  const reading = (async () => {
    for await (const _event of provider.stream(requestOf(), controller.signal)) controller.abort(reason);
  })();
  await expect(reading).rejects.toBe(reason);
});

test("its price is the dearest of all, and unknown where one is", async () => {
  const cheap = { input: 1, output: 9, cachedInput: 0.1, cacheWrite: 1 };
  const long = { over: 100, price: { input: 5, output: 5, cachedInput: 5, cacheWrite: 5 } };
  const dear = { input: 2, output: 3, cachedInput: 0.2, cacheWrite: 2, long };
  const priced = (price: Provider["price"]): Provider => ({ ...scriptedProvider(["x"]), price });
  expect(withFallbacks(priced(cheap), [priced(dear)], Date).price).toEqual({
    input: 2,
    output: 9,
    cachedInput: 0.2,
    cacheWrite: 2,
    long: { over: 100, price: { input: 5, output: 9, cachedInput: 5, cacheWrite: 5 } },
  });
  expect(withFallbacks(priced(cheap), [priced(undefined)], Date).price).toBeUndefined();
});

test("the configuration names fallbacks, whose models may have slashes in their names", async () => {
  const { server, host } = await start([{ error: { message: "no such model" } }, "from Groq"]);
  const provider = await chooseProvider({
    model: "claude-sonnet-5-5",
    fallbacks: ["groq/openai/gpt-oss-120b"],
    secrets: { ANTHROPIC_API_KEY: key, GROQ_API_KEY: key },
    host: leadingTo(server.origin, host),
  });
  expect(textOf(await collect(provider))).toBe("from Groq");
  expect(server.requests.map(({ path, body }) => [path, body["model"]])).toEqual([
    ["/v1/messages", "claude-sonnet-5-5"],
    ["/v1/chat/completions", "openai/gpt-oss-120b"],
  ]);
});

test.each(["groq", "/x", "groq/", "nobody/x"])("the fallback %j is refused", async (fallback) => {
  const { server, host } = await start(["x"]);
  const secrets = { OPENAI_API_KEY: key, GROQ_API_KEY: key };
  const choosing = chooseProvider({ model: "m", fallbacks: [fallback], secrets, host: leadingTo(server.origin, host) });
  await expect(choosing).rejects.toThrow(/PROVIDER\/MODEL|no provider "nobody"/);
});

test("a conversation goes from Anthropic to Groq to OpenAI and back, with its calls and everyone's own reasoning", async () => {
  const call = (id: string, expression: string) => ({ id, name: "calculate", input: { expression } });
  const { server, host } = await start([
    { reasoning: "Claude's thought", tool_calls: [call("toolu_1", "1"), call("toolu_2", "2")] },
    { reasoning: "Groq's thought", tool_calls: [call("fc_1", "3"), call("toolu_1", "4")] },
    { reasoning: "GPT's thought", text: "So far.", tool_calls: [call("call_1", "5")] },
    "Anthropic again",
    "Groq again",
    "OpenAI again",
  ]);
  const services: [string, string][] = [
    ["anthropic", "claude-opus-5-5"],
    ["groq", "openai/gpt-oss-120b"],
    ["openai", "gpt-6-sol"],
  ];
  const providers = await Promise.all(
    services.map(([name, model]) => openProvider(name, { model, apiKey: key, host: leadingTo(server.origin, host) })),
  );
  const messages: Message[] = [{ role: "user", text: "Calculate." }];
  for (const provider of providers) {
    const { parts } = replyOf(await collect(provider, { messages }));
    messages.push({ role: "assistant", parts }, ...answersTo(parts));
  }
  expect(messages).toHaveLength(9);
  for (const [index, provider] of providers.entries()) {
    // the mocks refuse reasoning that is not their own, and calls and answers that do not belong together
    expect(textOf(await collect(provider, { messages }))).toBe(
      ["Anthropic again", "Groq again", "OpenAI again"][index],
    );
  }
  const [, , , ...last] = server.requests.map(({ body }) => JSON.stringify(body));
  const thoughts = ["Claude's thought", "Groq's thought", "GPT's thought"];
  expect(last.map((body) => thoughts.filter((thought) => body.includes(thought)))).toEqual(
    thoughts.map((one) => [one]),
  );
  for (const body of last) {
    expect(["1", "2", "3", "4", "5"].filter((number) => body.includes(`is ${number}`))).toHaveLength(5);
  }
});

function answersTo(parts: readonly AssistantPart[]): Message[] {
  return parts.flatMap((part): Message[] => {
    if (part.type !== "tool_call") return [];
    const { id, name, input } = part.call;
    return [
      {
        role: "tool",
        callId: id,
        name,
        ok: true,
        text: `${JSON.stringify(input)} is ${JSON.stringify(input).replace(/\D/g, "")}`,
      },
    ];
  });
}

function named(name: string, replies: ScriptedReply[]): Provider {
  return { ...scriptedProvider(replies), name };
}

async function start(answers: readonly Answer[]): Promise<{ server: ModelServer; host: NodeHost }> {
  const server = await openModelServer(answers);
  const host = openNodeHost();
  closing.push(
    () => host.close(),
    () => server.close(),
  );
  return { server, host };
}
