import { afterEach, describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import type { AgentEvent } from "../../src/agent/events.ts";
import { isJsonObject } from "../../src/message.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { add, call, fail } from "../support/agent-fixtures.ts";
import {
  openModelServer,
  replyEvents,
  stream,
  toStream,
  type Answer,
  type ModelServer,
} from "../support/model-server.ts";

describe("over HTTP", () => {
  const servers: ModelServer[] = [];
  const hosts: ReturnType<typeof openNodeHost>[] = [];
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.close();
    for (const server of servers.splice(0)) await server.close();
  });

  async function start(...answers: Answer[]) {
    const server = await openModelServer(answers);
    const host = openNodeHost();
    servers.push(server);
    hosts.push(host);
    const provider = openOpenAi({
      name: "mock",
      model: "m",
      baseUrl: server.origin,
      apiKey: undefined,
      keyVariable: "K",
      host,
    });
    const store = openMemoryStore();
    return { server, store, agent: createAgent({ provider, store, tools: [add, fail], system: "Add." }) };
  }

  test("every request holds an answer to every call, failed and malformed ones included", async () => {
    const { agent, server } = await start(
      {
        text: "Three.",
        tool_calls: [call("add", { a: 2, b: 3 }), { name: "add", input: '{"a":' }, call("no such tool", {})],
      },
      { tool_calls: [call("fail", { how: "expected" })] },
      "It is 5.",
    );
    const result = await agent.complete({ prompt: "2 + 3?" });
    expect(result).toMatchObject({ text: "It is 5.", exit_reason: "finished", turns: 3, tool_calls: 4 });
    expect(server.requests.map(({ body }) => rolesOf(body["messages"]))).toEqual([
      "system,user",
      "system,user,assistant,tool,tool,tool",
      "system,user,assistant,tool,tool,tool,assistant,tool",
    ]);
  });

  test("an abort in the middle of a reply closes the connection and keeps the question", async () => {
    const { agent, server, store } = await start(stream([toStream(replyEvents("Hello there").slice(0, 2))], "hang"));
    const controller = new AbortController();
    const events: AgentEvent[] = [];
    for await (const event of agent.run({ prompt: "hi", sessionId: "s", signal: controller.signal })) {
      events.push(event);
      if (event.type === "text") controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "run_finished", exit_reason: "cancelled" });
    await expect.poll(() => server.openReplies()).toBe(0);
    expect((await store.load("s"))?.messages).toEqual([{ role: "user", text: "hi" }]);
  });
});

function rolesOf(messages: unknown): string {
  const list: unknown[] = Array.isArray(messages) ? messages : [];
  return list
    .map((message) => (isJsonObject(message) ? JSON.stringify(message["role"]) : ""))
    .join()
    .replaceAll('"', "");
}
