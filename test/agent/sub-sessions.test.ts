import { describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import { noServices } from "../../src/agent/no-services.ts";
import type { JsonObject } from "../../src/message.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import type { SessionStore } from "../../src/session/store.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { add, call, scripted } from "../support/agent-fixtures.ts";

const delegate = (prompt: string, more: JsonObject = {}) => call("run_agent", { prompt, ...more });

describe("sessions that a run has not begun", () => {
  const secret = [{ role: "user" as const, text: "my secret" }];
  /** Calls `run_agent` with each of these, one a turn, and answers with what it was told. */
  const caller = (calls: (JsonObject | "continue")[], replies = calls.length) => {
    let made = 0;
    let begun: JsonObject = {};
    const reply: ScriptStep = ({ messages }) => {
      const asked = messages[0];
      if (asked?.role !== "user" || asked.text !== "main") return `saw ${JSON.stringify(messages)}`;
      const last = messages.at(-1);
      if (last?.role === "tool" && last.ok) begun = { session_id: JSON.parse(last.text).session_id as string };
      const next = calls[made++];
      if (next !== undefined) return { tool_calls: [delegate("sub", next === "continue" ? begun : next)] };
      return messages.flatMap((message) => (message.role === "tool" ? [message.text] : [])).join("\n");
    };
    return Array.from({ length: calls.length + replies + 1 }, () => reply);
  };

  test("are not shown to a sub-agent", async () => {
    const store = openMemoryStore();
    await store.append("alice", 0, secret);
    const provider = scriptedProvider(caller([{ session_id: "alice" }]));
    const agent = createAgent({ provider, tools: [add], store, subAgentDepth: 1 });
    const { text } = await agent.complete({ prompt: "main", sessionId: "mallory" });
    expect(text).toMatch(/^ERROR not_allowed: .*"alice"/);
    expect((await store.load("alice"))?.messages).toEqual(secret);
  });

  test("are refused in the same words whether they are there or not, and none is begun by a name", async () => {
    const refusal = async (store: SessionStore) => {
      const provider = scriptedProvider(caller([{ session_id: "alice" }]));
      const agent = createAgent({ provider, tools: [add], store, subAgentDepth: 1 });
      return (await agent.complete({ prompt: "main", sessionId: "mallory" })).text;
    };
    const [with_, without] = [openMemoryStore(), openMemoryStore()];
    await with_.append("alice", 0, secret);
    expect(await refusal(without)).toBe(await refusal(with_));
    expect(await without.load("alice")).toBeUndefined();
  });

  test("are not shown to an agent that was given as a tool", async () => {
    const store = openMemoryStore();
    await store.append("alice", 0, secret);
    const child = scripted(["saw it"], { store });
    const provider = scriptedProvider(caller([{ session_id: "alice" }]));
    const { text } = await createAgent({ provider, tools: [child.asTool()], store }).complete({ prompt: "main" });
    expect(text).toMatch(/^ERROR not_allowed/);
  });

  test("are not that of the run itself, which goes on", async () => {
    const provider = scriptedProvider(caller([{ session_id: "main" }]));
    const agent = createAgent({ provider, tools: [add], subAgentDepth: 1 });
    const result = await agent.complete({ prompt: "main", sessionId: "main" });
    expect(result).toMatchObject({
      exit_reason: "finished",
      text: expect.stringMatching(/^ERROR invalid_input: .*"main"/),
    });
  });

  test("are told from those that the run, or an earlier one of its conversation, has begun", async () => {
    const store = openMemoryStore();
    const open = (...calls: (JsonObject | "continue")[]) =>
      createAgent({ provider: scriptedProvider(caller(calls)), tools: [add], store, subAgentDepth: 1 });
    const run = { prompt: "main", sessionId: "main" };
    const first = await open({}, "continue").complete(run);
    expect(first.text).not.toContain("ERROR");
    const { session_id: part } = JSON.parse(first.text.split("\n")[0] ?? "") as { session_id: string };
    const later = await open({ session_id: part }).complete(run);
    expect(later.text).not.toContain("ERROR");
    expect((await store.load(part))?.messages).toHaveLength(6);
    const other = await open({ session_id: part }).complete({ ...run, sessionId: "mallory" });
    expect(other.text).toMatch(/^ERROR not_allowed/);
  });

  test("may be named by whoever calls without a run", async () => {
    const store = openMemoryStore();
    await store.append("alice", 0, secret);
    const context = { signal: new AbortController().signal, progress: () => undefined, services: noServices };
    const agent = scripted([({ messages }) => `${messages.length} messages`], { store });
    expect(await agent.asTool().call({ prompt: "go", session_id: "alice" }, context)).toMatchObject({
      value: { text: "2 messages" },
    });
  });
});
