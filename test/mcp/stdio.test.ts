import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxMessageBytes } from "../../src/mcp/stdio.ts";
import { openStdioLab } from "../support/mcp-stdio.ts";

const request = (id: unknown, method = "ping") => `${JSON.stringify({ jsonrpc: "2.0", id, method })}\n`;

async function repliesTo(text: string | Buffer) {
  const lab = openStdioLab();
  lab.input.write(text);
  return lab.finish();
}

describe("a line that is no message is answered with an error, and the next line is read", () => {
  test.each([
    ["text", "hello", -32700, null],
    ["half an object", '{"jsonrpc":"2.0","id":1,', -32700, null],
    ["invalid UTF-8", Buffer.from([0xff, 0xfe, 0x7b]), -32700, null],
    ["a number", "7", -32600, null],
    ["null", "null", -32600, null],
    ["an empty batch", "[]", -32600, null],
    ["no version", '{"id":4,"method":"ping"}', -32600, 4],
    ["version 1", '{"jsonrpc":"1.0","id":"x","method":"ping"}', -32600, "x"],
    ["an id of null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
    ["a method that is a number", '{"jsonrpc":"2.0","id":5,"method":5}', -32600, 5],
    ["params that are a list", '{"jsonrpc":"2.0","id":6,"method":"ping","params":[]}', -32600, 6],
  ])("%s", async (_name, line, code, id) => {
    const replies = await repliesTo(Buffer.concat([Buffer.from(line), Buffer.from(`\n${request(9)}`)]));
    expect(replies).toMatchObject([
      { id, error: { code } },
      { id: 9, result: {} },
    ]);
  });
});

test("a line over the limit is answered under its own id, wherever the id stands, and the next line is read", async () => {
  const filler = "x".repeat(maxMessageBytes);
  const replies = await repliesTo(
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"id":77,"t":"${filler}"}}}\n` +
      `{"method":"tools/call","params":{"name":"a","arguments":{"t":"${filler}","id":78}},"jsonrpc":"2.0","id":"two"}\n` +
      `${filler}${filler}\n${request(3)}`,
  );
  expect(replies.map(({ id }) => id)).toEqual([1, "two", null, 3]);
  expect(replies[0]).toMatchObject({ error: { code: -32600, message: expect.stringContaining("pass its path") } });
});

test("messages are read alike however the bytes are cut", async () => {
  const text = Buffer.from(`${request("ä€😀")}\r\n\n${request(2)}nonsense\n${request(3)}`);
  const whole = await repliesTo(text);
  expect(whole).toHaveLength(4);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 12 }), async (cuts) => {
      const lab = openStdioLab();
      const ends = [...new Set(cuts)].toSorted((a, b) => a - b);
      [0, ...ends].forEach((start, index) => lab.input.write(text.subarray(start, ends[index] ?? text.length)));
      expect(await lab.finish()).toEqual(whole);
    }),
    { numRuns: 50 },
  );
});

test("the last message needs no newline", async () => {
  expect(await repliesTo(request(1).trimEnd())).toMatchObject([{ id: 1 }]);
});

test("a batch is answered as a batch, without its notifications", async () => {
  const batch = [
    { jsonrpc: "2.0", id: 1, method: "a" },
    { jsonrpc: "2.0", method: "note" },
    5,
    { jsonrpc: "2.0", id: 2, method: "b" },
  ];
  const replies = await repliesTo(`${JSON.stringify(batch)}\n`);
  expect(replies).toMatchObject([[{ id: 1 }, { id: null, error: { code: -32600 } }, { id: 2 }]]);
});

test("a batch too large to be meant is refused as one", async () => {
  const replies = await repliesTo(`[${"1,".repeat(100_000)}1]\n`);
  expect(replies).toMatchObject([{ id: null, error: { code: -32600 } }]);
});

test("responses and notifications get no reply", async () => {
  expect(
    await repliesTo('{"jsonrpc":"2.0","id":1,"result":{}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n'),
  ).toEqual([]);
});

test("at the end of input everything in flight is answered before it is drained", async () => {
  const lab = openStdioLab({
    onRequest: async ({ id }) => {
      await delay(100);
      return { jsonrpc: "2.0", id, result: {} };
    },
  });
  lab.input.write(request(1) + request(2));
  expect(await lab.finish()).toMatchObject([{ id: 1 }, { id: 2 }]);
});

test("a client that no longer reads is noticed", async () => {
  const lab = openStdioLab();
  lab.output.destroy(new Error("write EPIPE"));
  await expect(lab.transport.gone).resolves.toBeUndefined();
});

test("reading a line of many chunks takes linear time", async () => {
  const lab = openStdioLab();
  lab.input.write('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"t":"');
  for (let index = 0; index < 20_000; index++) lab.input.write("x".repeat(700));
  lab.input.write('"}}\n');
  expect(await lab.finish()).toMatchObject([{ id: 1 }]);
});

test("what must arrive waits for a client that does not read, and then arrives in its order", async () => {
  const lab = openStdioLab();
  lab.output.pause();
  const message = (index: number) => ({
    jsonrpc: "2.0",
    method: "told",
    params: { index, filler: "x".repeat(20_000) },
  });
  let told = 0;
  const telling = (async () => {
    for (; told < 20; told++) await lab.transport.deliver(message(told));
  })();
  await delay(50);
  expect(told).toBeLessThan(20);
  lab.output.resume();
  await telling;
  const indices = (await lab.finish()).map(({ params }) => (params as { index: number }).index);
  expect(indices).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test("what must arrive waits for no client that is gone", async () => {
  const lab = openStdioLab();
  lab.output.pause();
  const telling = lab.transport.deliver({ jsonrpc: "2.0", method: "told", params: { filler: "x".repeat(100_000) } });
  lab.output.destroy();
  await expect(telling).resolves.toBeUndefined();
  await expect(lab.transport.deliver({ jsonrpc: "2.0", method: "told" })).resolves.toBeUndefined();
});

test("responses are handed over with their ids, and the end is told", async () => {
  const heard: unknown[] = [];
  const lab = openStdioLab({ onResponse: (response) => heard.push(response), onEnd: () => heard.push("end") });
  lab.input.write('{"jsonrpc":"2.0","id":"a","result":{}}\n{"jsonrpc":"2.0","id":7,"error":{"code":1}}\n');
  lab.input.write('{"jsonrpc":"2.0","id":{},"result":{}}\n');
  await lab.finish();
  expect(heard).toEqual([{ id: "a", result: {} }, { id: 7, error: { code: 1 } }, { id: null, result: {} }, "end"]);
});
