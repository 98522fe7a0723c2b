import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../../src/agent/events.ts";
import { SessionConflictError, ToolError } from "../../src/errors.ts";
import type { StoredMessage } from "../../src/message.ts";
import { openFileStore } from "../../src/session/file.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { saidMessages } from "../../src/session/said.ts";
import type { ScriptStep } from "../../src/testing.ts";
import { say } from "../contracts/session-store.ts";
import { call, collect, problemsOf, scripted } from "../support/agent-fixtures.ts";
import { chargingAgent } from "../support/charging-agent.ts";
import { temporaryFolder } from "../support/config.ts";

/** A folder in which a run was killed when it had charged, and neither looked nor shipped. */
async function killedRun(): Promise<string> {
  const folder = temporaryFolder();
  const script = fileURLToPath(new URL("../support/charging-agent.ts", import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const [printed] = (await once(child.stdout, "data")) as [Buffer];
  expect(String(printed)).toBe("charge\n");
  await expect.poll(() => readFile(join(folder, "effects"), "utf8").catch(() => "")).toMatch(/shipping/);
  child.kill("SIGKILL");
  await once(child, "exit");
  await writeFile(join(folder, "open"), "");
  return folder;
}

const tellAnswers: ScriptStep = ({ messages }) =>
  messages.flatMap((message) => (message.role === "tool" ? [`${message.callId}: ${message.text}`] : [])).join("\n");

async function effectsIn(folder: string): Promise<string[]> {
  return (await readFile(join(folder, "effects"), "utf8")).trimEnd().split("\n").toSorted();
}

describe("a run that was killed while its tools ran", () => {
  test("goes on without repeating what had finished, and looks again at what changes nothing", async () => {
    const folder = await killedRun();
    const result = await chargingAgent(folder, [tellAnswers]).complete({ sessionId: "order" });
    expect(result).toMatchObject({ exit_reason: "finished", turns: 1, tool_calls: 1 });
    expect(result.text.split("\n")).toEqual([
      expect.stringMatching(/^charge: .*r-1/),
      expect.stringMatching(/^look: .*l-1/),
      expect.stringMatching(/^ship: ERROR cancelled: ship was under way .* find out before/),
    ]);
    expect(await effectsIn(folder)).toEqual(["charged", "looked", "looked", "shipping"]);
    const stored = (await openFileStore(join(folder, "sessions")).load("order"))?.messages;
    expect(problemsOf(stored)).toEqual([]);
  });

  test("is told to the model when the user says something else instead", async () => {
    const folder = await killedRun();
    const agent = chargingAgent(folder, [tellAnswers, "Fine."]);
    const { text } = await agent.complete({ sessionId: "order", prompt: "What have you done?" });
    expect(text.split("\n")).toEqual([
      expect.stringMatching(/^charge: .*r-1/),
      expect.stringMatching(/^look: ERROR cancelled/),
      expect.stringMatching(/^ship: ERROR cancelled/),
    ]);
    expect(await effectsIn(folder)).toEqual(["charged", "looked", "shipping"]);
  });
});

test("a run that was killed before the model replied asks it again", async () => {
  const store = openMemoryStore();
  await store.append("s", 0, [say("2 + 3?")]);
  const result = await scripted([({ messages }) => `${messages.length} message`], { store }).complete({
    sessionId: "s",
  });
  expect(result).toMatchObject({ text: "1 message", exit_reason: "finished" });
});

test.each([
  [
    "has ended",
    [say("hi"), { role: "assistant", parts: [{ type: "text", text: "hello" }] }],
    /has ended.*give a prompt/,
  ],
  ["was not begun", [], /there is no session s.*give a prompt/],
] satisfies [string, StoredMessage[], RegExp][])(
  "a session whose run %s has nothing to go on with",
  async (_which, held, why) => {
    const store = openMemoryStore();
    await store.append("s", 0, held);
    const resuming = scripted(["never"], { store }).complete({ sessionId: "s" });
    await expect(resuming).rejects.toThrow(ToolError);
    await expect(resuming).rejects.toThrow(why);
  },
);

test("answers that are stored as they come are shown in the order of their calls", async () => {
  const store = openMemoryStore();
  const calls = ["a", "b", "c"].map((id) => ({ id, name: "add", input: { a: 1, b: 1 } }));
  await store.append("s", 0, [
    say("go"),
    { role: "assistant", parts: calls.map((one) => ({ type: "tool_call", call: one })) },
    ...["c", "a", "b"].map((callId) => ({ role: "tool" as const, callId, name: "add", ok: true, text: callId })),
  ]);
  const { text } = await scripted([tellAnswers], { store }).complete({ sessionId: "s" });
  expect(text).toBe("a: a\nb: b\nc: c");
});

test("calls that share an id are answered together, in their order", async () => {
  const store = openMemoryStore();
  const twice = [1, 2].map((a) => ({ ...call("add", { a, b: 0 }), id: "same" }));
  const agent = scripted([{ tool_calls: twice }, tellAnswers], { store });
  const { text } = await agent.complete({ prompt: "go", sessionId: "s" });
  expect(text.match(/"sum":\d/g)).toEqual(['"sum":1', '"sum":2']);
});

test("a run whose session another writer has continued stops before it does more", async () => {
  const store = openMemoryStore();
  const agent = scripted([{ tool_calls: [call("add", { a: 1, b: 1 })] }, "never asked"], { store });
  const events: AgentEvent[] = [];
  for await (const event of agent.run({ prompt: "go", sessionId: "s" })) {
    events.push(event);
    if (event.type === "model_replied") await store.append("s", 1, [say("someone else")]);
  }
  expect(events.map(({ type }) => type)).not.toContain("tool_started");
  expect(events.at(-1)).toMatchObject({ type: "run_finished", error: { code: "conflict" } });
  expect((await store.load("s"))?.messages).toHaveLength(2);
});

describe("compacting a session", () => {
  test("puts a summary in the place of its older part", async () => {
    const store = openMemoryStore();
    const long = (role: "user" | "assistant", index: number): StoredMessage => {
      const text = `${index} ${"word ".repeat(400)}`;
      return role === "user" ? { role, text } : { role, parts: [{ type: "text", text }] };
    };
    const messages = Array.from({ length: 10 }, (_, index) => long(index % 2 === 0 ? "user" : "assistant", index));
    await store.append("s", 0, messages);
    const agent = scripted(["They counted.", ({ messages: shown }) => `${shown.length}`], { store });
    const { messages: summarized } = await agent.compact({ sessionId: "s" });
    expect(summarized).toBeGreaterThan(4);
    const stored = (await store.load("s"))?.messages ?? [];
    expect(stored).toHaveLength(11);
    expect(stored.at(-1)).toMatchObject({ summarizes: summarized, text: expect.stringContaining("They counted.") });
    const { text } = await agent.complete({ prompt: "and?", sessionId: "s" });
    expect(Number(text)).toBe(10 - summarized + 2);
  });

  test("says where there is nothing to sum up, and which session there is not", async () => {
    const store = openMemoryStore();
    await store.append("s", 0, [say("hi")]);
    const agent = scripted(["never"], { store });
    expect(await agent.compact({ sessionId: "s" })).toMatchObject({ messages: 0 });
    await expect(agent.compact({ sessionId: "t" })).rejects.toThrow(/no session t/);
  });
});

test("what was taken back is shown to no model, and titles never are", async () => {
  const store = openMemoryStore();
  const agent = scripted(["one", "two", ({ messages }) => JSON.stringify(messages)], { store });
  await agent.complete({ prompt: "first", sessionId: "s" });
  await agent.complete({ prompt: "second", sessionId: "s" });
  await store.append("s", 4, [
    { role: "note", type: "title", title: "Counting" },
    { role: "note", type: "undo", keeps: 2 },
  ]);
  const { text } = await agent.complete({ prompt: "third", sessionId: "s" });
  expect(text).toContain("first");
  expect(text).toContain("third");
  expect(text).not.toMatch(/second|two|Counting|note/);
  expect(saidMessages((await store.load("s"))?.messages ?? []).map(({ index }) => index)).toEqual([0, 1, 6, 7]);
});

test("a conflict is an error of its own kind where the store tells it before the run", async () => {
  const store = openMemoryStore();
  const agent = scripted(["x"], {
    store: { ...store, append: (id, seen, messages) => store.append(id, seen + 1, messages) },
  });
  await expect(collect(agent.run({ prompt: "go", sessionId: "s" }))).rejects.toThrow(SessionConflictError);
});
