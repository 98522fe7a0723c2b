import { describe, expect, test } from "vitest";
import { createAgent } from "../../src/agent/agent.ts";
import { shownMessages } from "../../src/agent/compact.ts";
import type { Message } from "../../src/message.ts";
import { openFileStore } from "../../src/session/file.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { add, collect, fail, meteredModel, problemsOf } from "../support/agent-fixtures.ts";
import { temporaryFolder } from "../support/config.ts";

const tools = [add, fail];

describe("a conversation too long for the model", () => {
  test("is summed up where the service refuses it, and the run goes on to its end", async () => {
    const { provider, requests } = meteredModel({ windowTokens: 2_000, replyTokens: 200, callsFor: 25 });
    const store = openMemoryStore();
    const agent = createAgent({ provider, tools, store, maxTurns: 40 });
    const events = await collect(agent.run({ prompt: "Add up all the numbers of Lyon.", sessionId: "s" }));
    expect(events.at(-1)).toMatchObject({ exit_reason: "finished", turns: 26, tool_calls: 25 });
    expect(events.filter(({ type }) => type === "compacted").length).toBeGreaterThan(1);
    const messages = (await store.load("s"))?.messages ?? [];
    expect(problemsOf(messages)).toEqual([]);
    expect(messages.filter(({ role }) => role === "tool")).toHaveLength(25);
    const turns = requests.filter((request) => request.tools.length > 0);
    expect(turns.flatMap((request) => problemsOf(request.messages))).toEqual([]);
    expect(JSON.stringify(turns.at(-1)?.messages[0])).toMatch(
      /Add up all the numbers of Lyon.*SUMMARY: sums were added/,
    );
  });

  test("is summed up before it is sent where the window is known", async () => {
    const { provider, requests } = meteredModel({ replyTokens: 200, callsFor: 12 });
    const agent = createAgent({ provider, tools, maxTurns: 40, contextTokens: 2_000 });
    const result = await agent.complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: "finished", turns: 13 });
    const sizes = requests.map(({ messages, tools: offered }) => JSON.stringify([messages, offered]).length / 4);
    expect(Math.max(...sizes)).toBeLessThan(2_000);
  });

  test("is continued after a restart as it was shown last, and keeps its last turn word for word", async () => {
    const folder = temporaryFolder();
    const first = meteredModel({ windowTokens: 2_000, replyTokens: 200, callsFor: 10 });
    await createAgent({ provider: first.provider, tools, store: openFileStore(folder), maxTurns: 20 }).complete({
      prompt: "first",
      sessionId: "s",
    });
    const shown = first.requests.at(-1)?.messages ?? [];
    const second = meteredModel({ windowTokens: 2_000 });
    await createAgent({ provider: second.provider, tools, store: openFileStore(folder) }).complete({
      prompt: "second",
      sessionId: "s",
    });
    const continued = second.requests[0]?.messages ?? [];
    expect(continued.slice(0, shown.length)).toEqual(shown);
    expect(continued.at(-1)).toEqual({ role: "user", text: "second" });
  });

  test("is told as what it is where only the prompt is too long", async () => {
    const { provider } = meteredModel({ windowTokens: 500 });
    const result = await createAgent({ provider, tools }).complete({ prompt: "x".repeat(5_000) });
    expect(result).toMatchObject({
      exit_reason: "error",
      turns: 0,
      error: { message: expect.stringMatching(/tokens are too many/) as string },
    });
  });

  test("is told where even its summary does not fit, and asks no more than a few times", async () => {
    const store = openMemoryStore();
    const long: Message[] = [
      { role: "user", text: "go" },
      { role: "assistant", parts: [{ type: "text", text: "x".repeat(9_000) }] },
    ];
    await store.append("s", 0, long);
    const { provider, requests } = meteredModel({ windowTokens: 50 });
    const result = await createAgent({ provider, tools, store }).complete({ prompt: "on", sessionId: "s" });
    expect(result).toMatchObject({ exit_reason: "error", error: { code: "provider_error" } });
    expect(requests.length).toBeLessThan(12);
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
  });
});

describe("what users asked for, once a conversation is summed up,", () => {
  const shownAfter = async (prompts: readonly string[], contextTokens: number) => {
    const store = openMemoryStore();
    const said = prompts.flatMap((text): Message[] => [
      { role: "user", text },
      { role: "assistant", parts: [{ type: "text", text: "x".repeat(3_000) }] },
    ]);
    await store.append("s", 0, said);
    const { provider, requests } = meteredModel({});
    const agent = createAgent({ provider, tools, store, contextTokens });
    expect((await agent.compact({ sessionId: "s" })).messages).toBeGreaterThan(0);
    const [shown] = shownMessages((await store.load("s"))?.messages ?? []);
    return { shown: shown?.role === "user" ? shown.text : "", question: JSON.stringify(requests[0]?.messages) };
  };

  test("is kept whole where there is room", async () => {
    const long = `${"Mind the details. ".repeat(350)}FINALRULE: never delete`;
    const { shown } = await shownAfter([long, "go on"], 32_000);
    expect(shown).toContain(`word for word:\n<asked>\n${long}\n</asked>`);
    const many = Array.from({ length: 14 }, (_, at) => `RULE${at + 1}: keep to it.`);
    const { shown: all } = await shownAfter(many, 32_000);
    for (const rule of many.slice(0, 10)) expect(all).toContain(rule);
  });

  test("is kept first and last where there is not, and the model is asked for the rest", async () => {
    const many = Array.from({ length: 30 }, (_, at) => `RULE${at + 1}: ${"keep ".repeat(80)}END${at + 1}`);
    const { shown, question } = await shownAfter(many, 8_000);
    expect(shown).toContain("END1\n");
    expect(shown).toMatch(/\[\d+ more, summed up below\]/);
    expect(shown).not.toContain("word for word");
    expect(shown).not.toContain("RULE5:");
    expect(question).toMatch(/every rule.*user's words/);
    for (let at = 2; at <= 20; at++) expect(question + shown).toContain(`END${at}`);
  });

  test("keeps its beginning and end where even the first does not fit", async () => {
    const { shown, question } = await shownAfter([`START ${"x".repeat(40_000)} FINALRULE`, "go on", "and on"], 8_000);
    expect(shown).toMatch(/START[^]*characters are left out[^]*FINALRULE/);
    expect(shown).not.toContain("word for word");
    expect(shown.length).toBeLessThan(8_000);
    expect(question).toContain("FINALRULE");
  });
});

test("what is shown begins with the last summary and holds no other", () => {
  const said = (text: string): Message => ({ role: "user", text });
  const sums = (text: string, summarizes: number): Message => ({ role: "user", text, summarizes });
  const messages = [said("0"), said("1"), said("2"), sums("0-1", 2), said("4"), sums("0-2", 3), said("6")];
  expect(shownMessages(messages)).toEqual([sums("0-2", 3), said("4"), said("6")]);
});
