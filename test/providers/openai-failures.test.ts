import { afterEach, expect, test } from "vitest";
import { errorMessage, ProviderError } from "../../src/errors.ts";
import { collect, requestOf, textOf } from "../../src/contracts/provider.ts";
import { key, openMockedProvider, type Mocking, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, replyEvents, stream, toStream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

async function start(answers: Answer | readonly Answer[], options: Mocking = {}): Promise<OpenedProvider> {
  const opened = await openMockedProvider([answers].flat(), options);
  running.push(opened);
  return opened;
}

test.each([
  [
    "an HTML page",
    { raw: { headers: { "content-type": "text/html" }, pieces: ["<!doctype html><title>Welcome</title>"] } },
    /HTML page titled "Welcome".*base URL/s,
  ],
  ["nothing", { raw: { pieces: [] } }, /answered with nothing/],
  ["plain text", { raw: { pieces: ["It works!"] } }, /It works!/],
  ["an error inside a 200", json({ error: { message: "model overheated", code: 400 } }), /model overheated/],
  [
    "an error inside the stream",
    stream([toStream([...replyEvents("Hi").slice(0, 2), '{"error":{"message":"out of memory"}}'])]),
    /out of memory/,
  ],
  ["an error event", stream(['event: error\ndata: {"message":"quota"}\n\n']), /quota/],
  ["a chunk that is no JSON", stream(["data: oops\n\n"]), /oops/],
  [
    "a refusal that quotes the key",
    json({ error: { message: `bad key ${key}` } }, 401),
    /bad key \*\*\*.*check MOCK_API_KEY/s,
  ],
  ["an unknown model", json({ error: { message: "no such model" } }, 404), /no such model.*model's name/s],
  [
    "a redirect",
    { raw: { status: 301, headers: { location: "https://elsewhere/" } } },
    /redirects to https:\/\/elsewhere\//,
  ],
  ["a used up quota", json({ error: { message: "pay", code: "insufficient_quota" } }, 429), /quota/],
  ["a wait of an hour", json({ error: { message: "slow down" } }, 429, { "retry-after": "3600" }), /slow down/],
] satisfies [string, Answer, RegExp][])(
  "%s ends the request with a clear error, at once",
  async (_what, answer, message) => {
    const { provider, server } = await start(answer);
    const failure: unknown = await collect(provider).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ProviderError);
    expect(errorMessage(failure)).toMatch(message);
    expect(errorMessage(failure)).not.toContain(key);
    expect(server.requests).toHaveLength(1);
  },
);

test.each([
  ["429 with Retry-After", json({ error: { message: "slow down" } }, 429, { "retry-after": "0" })],
  ["503", json({ error: { message: "busy" } }, 503)],
  ["500 with HTML", { raw: { status: 500, pieces: ["<html><title>Oops</title>"] } }],
  ["a connection cut before the first byte", { raw: { pieces: [], then: "cut" } }],
  ["a stream cut before the first token", stream([toStream(replyEvents("").slice(0, 1))], "cut")],
  ["a stream that ends within its first event", stream(['data: {"choices":[{"delta":{"content":"hel'])],
  ["a stream that ends within the name of its first field", stream(["dat"])],
  ["a whole reply that ends in its middle", { raw: { pieces: ['{"choices":[{"message":{"content":"hel'] } }],
  ["a stream without a choice", stream(['data: {"choices":[]}\n\ndata: [DONE]\n\n'])],
  ["a choice with nothing in it", stream(['data: {"choices":[{}]}\n\ndata: [DONE]\n\n'])],
  ["a whole choice with nothing in it", json({ choices: [{ message: { content: "" } }] })],
  ["an overloaded server inside a 200", json({ error: { message: "overloaded", type: "overloaded_error" } })],
] satisfies [string, Answer][])("%s is tried again", async (_what, answer) => {
  const { provider, server } = await start([answer, "here I am"]);
  expect(textOf(await collect(provider))).toBe("here I am");
  expect(server.requests).toHaveLength(2);
});

test.each(["", {}, false])("an empty error (%j) beside a good choice is none", async (error) => {
  const choices = [{ message: { content: "here I am" }, finish_reason: "stop" }];
  const { provider } = await start(json({ choices, error }));
  expect(textOf(await collect(provider))).toBe("here I am");
});

test("a choice with nothing in it is told as such where it comes each time", async () => {
  const { provider } = await start(stream(['data: {"choices":[{"delta":{"role":"assistant"}}]}\n\ndata: [DONE]\n\n']));
  await expect(collect(provider)).rejects.toThrow(/sent a reply with nothing in it/);
});

test("half a reply is an error, and is not tried again once text was shown", async () => {
  const { provider, server } = await start([stream([toStream(replyEvents("Hello there").slice(0, 3))]), "again"]);
  const events: string[] = [];
  const reading = (async () => {
    for await (const event of provider.stream(requestOf(), new AbortController().signal)) {
      events.push(event.type);
    }
  })();
  await expect(reading).rejects.toThrow(/middle of its reply/);
  expect(events).toEqual(["text", "text"]);
  expect(server.requests).toHaveLength(1);
});

test("a server that fails every time is given up", async () => {
  const { provider, server } = await start(json({ error: { message: "down" } }, 503, { "retry-after-ms": "1" }));
  await expect(collect(provider)).rejects.toThrow(/503.*down.*try again later/);
  expect(server.requests).toHaveLength(4);
});

test("a server that is not there is named", async () => {
  const { provider, server } = await start("x");
  await server.close();
  await expect(collect(provider)).rejects.toThrow(
    /could not be reached at http:\/\/127.0.0.1:\d+\/v1\/chat\/completions: .*ECONNREFUSED/,
  );
});

test("a silent server is given up after the longest silence", async () => {
  const { provider } = await start([stream([toStream(replyEvents("Hello").slice(0, 2))], "hang")], { idleMs: 100 });
  await expect(collect(provider)).rejects.toThrow(/sent nothing for 0.1 s/);
});

test("a reply that takes too long in all is given up", async () => {
  const { provider } = await start([stream([], "hang")], { totalMs: 100 });
  await expect(collect(provider)).rejects.toThrow(/had not finished after 0.1 s/);
});

test("an abort while waiting closes the connection", async () => {
  const { provider, server } = await start(stream([toStream(replyEvents("Hello").slice(0, 2))], "hang"));
  const controller = new AbortController();
  const reason = new Error("stop");
  const reading = (async () => {
    for await (const event of provider.stream(requestOf(), controller.signal)) {
      if (event.type === "text") setImmediate(() => controller.abort(reason));
    }
  })();
  await expect(reading).rejects.toBe(reason);
  await expect.poll(() => server.openReplies()).toBe(0);
});
