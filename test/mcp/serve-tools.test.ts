import { describe, expect, test } from "vitest";
import { openLocalEngine } from "../../src/engine/local.ts";
import { openToolServer, protocolVersions } from "../../src/mcp/serve-tools.ts";
import type { JsonObject } from "../../src/message.ts";
import type { Services } from "../../src/tools/services.ts";
import * as tools from "../support/engine-tools.ts";

function open() {
  const engine = openLocalEngine({ tools: Object.values(tools), services: () => ({}) as Services });
  const notified: JsonObject[] = [];
  const server = openToolServer({
    name: "lab",
    version: "1.2.3",
    hasCatalogue: false,
    backend: () => Promise.resolve({ definitions: () => engine.definitions(), engine }),
    notify: (message) => notified.push(message),
    deliver: () => Promise.resolve(),
  });
  const call = (name: unknown, input: JsonObject = {}, more: JsonObject = {}, id: string | number = 1) =>
    server.onRequest({ id, method: "tools/call", params: { name, arguments: input, ...more } as JsonObject });
  return { server, notified, call };
}

test.each([...protocolVersions])("initialize of %s is answered in that revision", async (protocolVersion) => {
  const reply = await open().server.onRequest({ id: 1, method: "initialize", params: { protocolVersion } });
  expect(reply).toMatchObject({
    result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "lab", version: "1.2.3" } },
  });
});

test.each(["2023-01-01", "2026-07-28", undefined, 7])(
  "initialize of %s is answered in the newest revision",
  async (protocolVersion) => {
    const params = (protocolVersion === undefined ? {} : { protocolVersion }) as JsonObject;
    const reply = await open().server.onRequest({ id: 1, method: "initialize", params });
    expect(reply).toMatchObject({ result: { protocolVersion: protocolVersions[0] } });
  },
);

test("a method that nobody serves is answered as not found", async () => {
  for (const method of ["resources/list", "prompts/list", "nonsense"]) {
    expect(await open().server.onRequest({ id: 1, method, params: {} })).toMatchObject({ error: { code: -32601 } });
  }
});

test("a result is one text block that equals the structured content", async () => {
  const reply = await open().call("echo", { text: "a\u2028b" });
  const value = { status: "done", text: "a\u2028b" };
  expect(reply).toEqual({
    jsonrpc: "2.0",
    id: 1,
    result: { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value },
  });
});

test("a failed call is a result that names its code in text and structure", async () => {
  expect(await open().call("refuse")).toMatchObject({
    result: {
      isError: true,
      content: [{ type: "text", text: "ERROR not_allowed: not today; try tomorrow" }],
      structuredContent: { status: "error", code: "not_allowed" },
    },
  });
});

test("a result too large for clients is refused with what to do", async () => {
  const reply = await open().call("echo", { text: "x".repeat(1_000), times: 1_000 });
  expect(reply).toMatchObject({
    result: { isError: true, structuredContent: { code: "too_large", message: expect.stringContaining("dataset") } },
  });
});

test("a call without a name is an invalid request", async () => {
  expect(await open().call(undefined)).toMatchObject({ error: { code: -32602 } });
});

test("a call under an id in use is refused, and the first one goes on", async () => {
  const { server, call } = open();
  const first = call("count", {}, {}, 7);
  expect(await call("echo", { text: "a" }, {}, 7)).toMatchObject({ error: { code: -32600 } });
  expect(await first).toMatchObject({ id: 7, result: { structuredContent: { counted: 10 } } });
  server.abort();
});

describe("cancelling", () => {
  test("a cancelled call gets no reply", async () => {
    const { server, call } = open();
    const reply = call("wait", {}, {}, "c1");
    server.onNotification({ method: "notifications/cancelled", params: { requestId: "c1" } });
    expect(await reply).toBeUndefined();
  });

  test("an unknown or ended call may be cancelled without effect", async () => {
    const { server, call } = open();
    server.onNotification({ method: "notifications/cancelled", params: { requestId: 99 } });
    server.onNotification({ method: "notifications/cancelled", params: {} });
    expect(await call("echo", { text: "a" })).toMatchObject({ result: { structuredContent: { status: "done" } } });
  });
});

describe("progress", () => {
  test("it is sent for a call with a token, rises and ends complete", async () => {
    const { call, notified } = open();
    await call("count", {}, { _meta: { progressToken: "p" } });
    const sent = notified.map(({ params }) => params as { progress: number; progressToken: string; total: number });
    expect(sent.every(({ progressToken, total }) => progressToken === "p" && total === 10)).toBe(true);
    expect(sent.map(({ progress }) => progress)).toEqual(
      sent.map(({ progress }) => progress).toSorted((a, b) => a - b),
    );
    expect(sent.at(-1)?.progress).toBe(10);
  });

  test("it is not sent without a token", async () => {
    const { call, notified } = open();
    await call("count");
    expect(notified).toEqual([]);
  });
});
