import { describe, expect, test } from "vitest";
import type { Agent } from "../../src/agent/agent.ts";
import type { EngineWithAgent } from "../../src/runtime/agent-tool.ts";
import { openToolServer } from "../../src/mcp/serve-tools.ts";
import type { JsonObject } from "../../src/message.ts";
import { runForClient } from "../../src/runtime/run-for-client.ts";
import type { ScriptStep } from "../../src/testing.ts";
import { call, scripted } from "../support/agent-fixtures.ts";

const define = (name: string, more: JsonObject = {}) => ({ name, description: "x", input_schema: {}, ...more });

/** A server whose agent follows a script, and a client that answers the calls of its tools as `onCall` says. */
function open(steps: ScriptStep[], onCall: (params: JsonObject) => JsonObject | undefined = () => undefined) {
  const agent: Agent = scripted(steps);
  const sent: JsonObject[] = [];
  const engine = { openAgent: () => Promise.resolve({ agent }) } as unknown as EngineWithAgent;
  const server = openToolServer({
    name: "lab",
    version: "1",
    hasCatalogue: false,
    agent: true,
    backend: () =>
      Promise.resolve({
        engine,
        definitions: () => Promise.resolve([]),
        runAgent: runForClient.bind(undefined, engine),
      }),
    notify: () => undefined,
    async deliver(message) {
      sent.push(message);
      const answer = message["method"] === "axoner/call_tool" ? onCall(message["params"] as JsonObject) : undefined;
      if (answer !== undefined) setImmediate(() => server.onResponse({ id: message["id"] as string, ...answer }));
      return Promise.resolve();
    },
  });
  const run = (params: JsonObject, id = 7) => server.onRequest({ id, method: "axoner/run_agent", params });
  const events = () =>
    sent
      .filter(({ method }) => method === "notifications/axoner/agent_event")
      .map(({ params }) => params as { run: number; event: JsonObject });
  return { server, run, sent, events };
}

test("the handshake announces the method", async () => {
  const reply = await open(["x"]).server.onRequest({ id: 1, method: "initialize", params: {} });
  expect(reply).toMatchObject({ result: { capabilities: { experimental: { "axoner/run_agent": {} } } } });
});

test("a run tells every event under its request's id, and answers with its result", async () => {
  const { run, events } = open(["Hello."]);
  expect(await run({ prompt: "hi" })).toMatchObject({
    id: 7,
    result: { content: [{ text: "Hello." }], structuredContent: { status: "done", exit_reason: "finished" } },
  });
  expect(events().every(({ run: id }) => id === 7)).toBe(true);
  expect(events().map(({ event }) => event["type"])).toEqual(
    expect.arrayContaining(["turn_started", "text", "model_replied", "run_finished"]),
  );
});

describe("the client's own tools", () => {
  const told = async (answer: JsonObject | undefined, tool = define("mine")) => {
    const lab = open([{ tool_calls: [call("mine", { a: 1 })] }, "Done."], () => answer);
    await lab.run({ prompt: "go", client_tools: [tool] });
    return lab.events().find(({ event }) => event["type"] === "tool_finished")?.event["text"];
  };

  test.each([
    [{ result: { value: { n: 3 } } }, '{"n":3}'],
    [{ result: { code: "not_found", message: "no such thing" } }, "ERROR not_found: no such thing"],
    [{ result: { code: "own_code", message: "odd" } }, "ERROR internal: odd"],
    [
      { result: "nothing" },
      "ERROR unavailable: the program that has this tool did not run it: its answer is no object",
    ],
    [
      { error: { code: -32601, message: "no such method" } },
      "ERROR unavailable: the program that has this tool did not run it: no such method",
    ],
  ])("%j is told as %s", async (answer, text) => {
    expect(await told(answer)).toBe(text);
  });

  test("one that takes too long is answered with a timeout, and the client is told to stop", async () => {
    const lab = open([{ tool_calls: [call("mine", {})] }, "Done."]);
    await lab.run({ prompt: "go", client_tools: [define("mine", { timeout_s: 0.05 })] });
    expect(lab.events().find(({ event }) => event["type"] === "tool_finished")?.event["text"]).toContain(
      "ERROR timeout",
    );
    expect(lab.sent.find(({ method }) => method === "notifications/cancelled")).toMatchObject({
      params: { requestId: "axoner-1", run: 7 },
    });
  });

  test("are answered as gone once the client sends nothing more", async () => {
    const lab = open([{ tool_calls: [call("mine", {})] }, "Done."], () => {
      lab.server.onEnd();
      return undefined;
    });
    expect(await lab.run({ prompt: "go", client_tools: [define("mine")] })).toMatchObject({
      result: { structuredContent: { text: "Done." } },
    });
    expect(lab.events().find(({ event }) => event["type"] === "tool_finished")?.event["text"]).toContain("is gone");
  });

  test("may not have the name of another tool", async () => {
    const lab = open(["x"]);
    expect(await lab.run({ prompt: "go", client_tools: [define("add")] })).toMatchObject({
      result: { isError: true, structuredContent: { code: "invalid_input" } },
    });
  });
});

test("a run that is cancelled stops, tells its tool so, and gets no reply", async () => {
  const lab = open([{ tool_calls: [call("mine", {})] }, "Done."], () => {
    lab.server.onNotification({ method: "notifications/cancelled", params: { requestId: 7 } });
    return undefined;
  });
  expect(await lab.run({ prompt: "go", client_tools: [define("mine")] })).toBeUndefined();
  expect(lab.sent.some(({ method }) => method === "notifications/cancelled")).toBe(true);
});

test.each<[JsonObject, string]>([
  [{ prompt: 7 }, "prompt"],
  [{ prompt: "go", colour: "red" }, "colour"],
  [{ prompt: "go", client_tools: [{ name: "no spaces" }] }, "client_tools"],
  [{}, "session"],
])("%j is refused and says why", async (params, text) => {
  const reply = await open(["x"]).run(params);
  expect(reply).toMatchObject({ result: { isError: true } });
  expect(JSON.stringify(reply)).toContain(text);
});
