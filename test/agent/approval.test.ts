import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent, type AgentSettings } from "../../src/agent/agent.ts";
import { approvalPolicy, type Answer, type Question } from "../../src/agent/approval-policy.ts";
import type { ApprovalModes } from "../../src/config/approval.ts";
import type { JsonObject } from "../../src/message.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { defineTool, type Tool } from "../../src/tools/tool.ts";
import { openLocalEngine } from "../../src/engine/local.ts";
import { noServices } from "../../src/agent/no-services.ts";
import type { Engine } from "../../src/engine/engine.ts";

interface Call {
  id?: string;
  name: string;
  input: JsonObject;
}

const made: string[] = [];

/** Tools that note that they were called. What they are called decides what they are taken for. */
function tool(name: string, hints: Partial<Tool["hints"]> = {}): Tool {
  const text = z.string().optional();
  return defineTool({
    name,
    description: "Does it.",
    input: z.object({ path: text, url: text, sql: text }),
    output: z.object({}),
    hints,
    run: async ({ path }) => {
      made.push(path === undefined ? name : `${name} ${path}`);
      return {};
    },
  });
}

const reader = { readOnly: true, openWorld: true };
const tools = [tool("scrape"), tool("export_data"), tool("chart"), tool("query_data", reader), tool("pay")];

const scrape: Call = { name: "scrape", input: { url: "https://a.example" } };
const write = (path: string): Call => ({ name: "export_data", input: { path } });
const query = (sql: string): Call => ({ name: "query_data", input: { sql } });
const writeOutside = write("/elsewhere/a.csv");

const once: Answer = { type: "once" };
const always: Answer = { type: "always" };

interface Setting {
  modes?: ApprovalModes;
  /** In the order of the questions; without them nobody can be asked. */
  answers?: Answer[];
  settings?: Partial<AgentSettings> & { engine?: Engine };
  /** Replies, one call each if nothing else is said. */
  replies?: Call[][];
}

/** What the model was told of its calls, what was asked, and what was done. */
async function runCalls(calls: Call[], { modes = {}, answers, settings, replies }: Setting = {}) {
  made.length = 0;
  const questions: Question[] = [];
  const ask = async (question: Question) => {
    questions.push(question);
    return answers?.[questions.length - 1] ?? ({ type: "no" } as const);
  };
  const approve = approvalPolicy({ modes, ask: answers && ask });
  const script: ScriptStep[] = [
    ...(replies ?? calls.map((one) => [one])).map((one) => ({ tool_calls: one })),
    ({ messages }) => JSON.stringify(messages.flatMap((message) => (message.role === "tool" ? [message.text] : []))),
  ];
  const agent = createAgent({ provider: scriptedProvider(script), tools, approve, workspace: "/w", ...settings });
  const { text, exit_reason: reason } = await agent.complete({ prompt: "go", sessionId: "s" });
  expect(reason).toBe("finished");
  return { told: z.array(z.string()).parse(JSON.parse(text)), questions, made: [...made] };
}

describe("where somebody can be asked", () => {
  test("what writes, spends or reaches others is asked about, and what only reads is not", async () => {
    const calls = [
      query("select 1"),
      write("exports/a.csv"),
      scrape,
      query("select * from 'HTTPS://a.example/a.csv'"),
      { name: "chart", input: {} },
      { name: "pay", input: {} },
    ];
    const { questions, made: done } = await runCalls(calls, { answers: [once, once, once, once] });
    expect(questions.map(({ name, effects }) => [name, ...effects])).toEqual([
      ["export_data", "writes"],
      ["scrape", "reaches"],
      ["query_data", "reaches"],
      ["pay", "writes_outside"],
    ]);
    expect(done).toEqual(["query_data", "export_data exports/a.csv", "scrape", "query_data", "chart", "pay"]);
  });

  test.each([
    ["/elsewhere/a.csv", "writes_outside"],
    ["../a.csv", "writes_outside"],
    ["exports/../../a.csv", "writes_outside"],
    ["/w/../a.csv", "writes_outside"],
    ["/workspace/a.csv", "writes_outside"],
    ["..\\a.csv", "writes_outside"],
    ["C:a.csv", "writes_outside"],
    ["~/a.csv", "writes_outside"],
    ["/w/exports/a.csv", "writes"],
    ["a..b.csv", "writes"],
  ])("a file %s %s", async (path, effect) => {
    const { questions } = await runCalls([write(path)], { answers: [once] });
    expect(questions.map(({ effects }) => effects)).toEqual([[effect]]);
  });

  test("a refusal is a result with the reason, and the run goes on", async () => {
    const no: Answer = { type: "no", reason: "use the other site" };
    const { told, made: done } = await runCalls([scrape, query("select 1")], { answers: [no] });
    expect(told[0]).toMatch(/^ERROR not_allowed: scrape was not called: the user said no: use the other site\n/);
    expect(told[1]).toBe('{"status":"done"}');
    expect(done).toEqual(["query_data"]);
  });

  test("always holds for the tool in this session, in a later process too, and in no other", async () => {
    const store = openMemoryStore();
    const first = await runCalls([scrape, scrape, write("a.csv")], { answers: [always, once], settings: { store } });
    expect(first.questions.map(({ name }) => name)).toEqual(["scrape", "export_data"]);
    const second = await runCalls([scrape, write("a.csv")], { answers: [once], settings: { store } });
    expect(second.questions.map(({ name }) => name)).toEqual(["export_data"]);
    const other = await runCalls([scrape], { answers: [once], settings: { store: openMemoryStore() } });
    expect(other.questions).toHaveLength(1);
  });

  test("calls of one reply are asked about one after another, and not again after always", async () => {
    let open = 0;
    let most = 0;
    const asked: string[] = [];
    const ask = async ({ name }: Question): Promise<Answer> => {
      most = Math.max(most, ++open);
      asked.push(name);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open -= 1;
      return always;
    };
    const calls = [scrape, scrape, write("a.csv"), scrape].map((one, at) => ({ ...one, id: `c${at}` }));
    const { told } = await runCalls([], {
      replies: [calls],
      settings: { approve: approvalPolicy({ modes: {}, ask }) },
    });
    expect(most).toBe(1);
    expect(asked).toEqual(["scrape", "export_data"]);
    expect(told).toHaveLength(4);
    expect(told.every((text) => text === '{"status":"done"}')).toBe(true);
  });

  test("a run is cancelled while it asks, and nothing is done", async () => {
    made.length = 0;
    const stop = new AbortController();
    const ask = () => {
      stop.abort();
      return new Promise<Answer>(() => {});
    };
    const agent = createAgent({
      provider: scriptedProvider([{ tool_calls: [scrape] }]),
      tools,
      approve: approvalPolicy({ modes: {}, ask }),
    });
    const { exit_reason: reason } = await agent.complete({ prompt: "go", signal: stop.signal });
    expect(reason).toBe("cancelled");
    expect(made).toEqual([]);
  });
});

describe("settings", () => {
  test.each<[ApprovalModes, string[], string[]]>([
    [{ "*": "always" }, [], ["scrape", "export_data a.csv", "query_data"]],
    [{ "*": "never" }, [], ["query_data"]],
    [{ scrape: "always" }, ["export_data"], ["scrape", "query_data"]],
    [{ "*": "always", scrape: "ask" }, ["scrape"], ["export_data a.csv", "query_data"]],
    [{ "*": "always", query_data: "never" }, [], ["scrape", "export_data a.csv"]],
    [{ query_data: "ask" }, ["scrape", "export_data", "query_data"], []],
  ])("%j", async (modes, asked, done) => {
    const result = await runCalls([scrape, write("a.csv"), query("select 1")], { modes, answers: [] });
    expect(result.questions.map(({ name }) => name)).toEqual(asked);
    expect(result.made).toEqual(done);
  });

  test("say what holds where nobody can be asked", async () => {
    const calls = [scrape, write("a.csv"), query("select 1")];
    const unsaid = await runCalls(calls);
    expect(unsaid.made).toEqual(["scrape", "export_data a.csv", "query_data"]);
    const ask = await runCalls(calls, { modes: { "*": "ask" } });
    expect(ask.made).toEqual(["query_data"]);
    expect(ask.told[0]).toMatch(/nobody can be asked here; the user can allow it with --approve scrape=always/);
    const never = await runCalls(calls, { modes: { "*": "never" } });
    expect(never.made).toEqual(["query_data"]);
  });
});

describe("after something was read that anybody may have written", () => {
  test.each<[string, Setting]>([
    ["always", { modes: { "*": "always" } }],
    ["always for the tool", { modes: { export_data: "always" } }],
    ["nothing", {}],
  ])("writing outside the workspace is asked about although %s is set, or refused", async (_what, setting) => {
    const calls = [writeOutside, scrape, writeOutside, write("a.csv")];
    const refused = await runCalls(calls, setting);
    expect(refused.made).toEqual(["export_data /elsewhere/a.csv", "scrape", "export_data a.csv"]);
    expect(refused.told[2]).toMatch(/^ERROR not_allowed: .* outside the workspace/);
    const modes = { scrape: "always", ...setting.modes } as const;
    const { questions } = await runCalls([scrape, writeOutside], { modes, answers: [once] });
    expect(questions.map(({ isUntrusted, canRemember }) => [isUntrusted, canRemember])).toEqual([[true, false]]);
  });

  test("an earlier always does not help, and the session is known for it later", async () => {
    const store = openMemoryStore();
    const answers = [always, once, { type: "no" } as const];
    const calls = [writeOutside, writeOutside, scrape, writeOutside];
    const { questions, made: done } = await runCalls(calls, { answers, settings: { store } });
    expect(questions.map(({ name }) => name)).toEqual(["export_data", "scrape", "export_data"]);
    expect(done).toEqual(["export_data /elsewhere/a.csv", "export_data /elsewhere/a.csv", "scrape"]);
    const later = await runCalls([writeOutside], { modes: { "*": "always" }, settings: { store } });
    expect(later.made).toEqual([]);
  });

  test.each([
    ["a data file of the web", query("from 'https://a.example/a.csv'"), false],
    ["a local file", query("from 'a.csv'"), true],
    ["a call that was refused", { name: "scrape", input: { url: "no" } }, true],
  ])("which %s may be", async (_what, first, isAllowed) => {
    const modes: ApprovalModes = { "*": "always", scrape: "never" };
    const { made: done } = await runCalls([first, writeOutside], { modes });
    expect(done.includes("export_data /elsewhere/a.csv")).toBe(isAllowed);
  });

  test("which results of other servers are, whose tools count as writing unless they say they only read", async () => {
    const local = openLocalEngine({ tools: [tool("look", reader), ...tools], services: () => noServices });
    const definitions = async () => (await local.definitions()).map((one) => ({ ...one, server: "other" }));
    const settings = { engine: { ...local, definitions } };
    const modes: ApprovalModes = { "*": "always" };
    const look = { name: "look", input: {} };
    const pay = { name: "pay", input: {} };
    const { told, made: done } = await runCalls([pay, look, pay], { modes, settings });
    expect(done).toEqual(["pay", "look"]);
    expect(told[2]).toMatch(/^ERROR not_allowed/);
    const { questions } = await runCalls([look], { answers: [once], settings });
    expect(questions.map(({ effects }) => effects)).toEqual([["reaches"]]);
    await local.close();
  });
});

describe("agents below", () => {
  const task = (script: Call[][]): ScriptStep[] => [
    { tool_calls: [{ name: "run_agent", input: { prompt: "look it up" } }] },
    ...script.map((calls) => ({ tool_calls: calls })),
    "below is done",
    { tool_calls: [writeOutside] },
    ({ messages }) => messages.flatMap((message) => (message.role === "tool" ? [message.text] : [])).join("\n"),
  ];

  test("are asked about as the agent itself, and what they read counts", async () => {
    made.length = 0;
    const asked: string[] = [];
    const ask = async ({ name, isUntrusted }: Question): Promise<Answer> => {
      asked.push(`${name} ${isUntrusted}`);
      return name === "scrape" ? always : once;
    };
    const store = openMemoryStore();
    const agent = createAgent({
      provider: scriptedProvider(task([[scrape], [scrape]])),
      tools,
      store,
      subAgentDepth: 1,
      approve: approvalPolicy({ modes: {}, ask }),
    });
    const { exit_reason: reason, session_id: id } = await agent.complete({ prompt: "go" });
    expect(reason).toBe("finished");
    expect(asked).toEqual(["run_agent false", "scrape false", "export_data true"]);
    expect((await store.load(id))?.messages).toContainEqual({ role: "note", type: "approval", tool: "scrape" });
  });
});

describe("a program's decision", () => {
  test("is told of every call, and what it throws refuses", async () => {
    const seen: string[] = [];
    const settings: Partial<AgentSettings> = {
      async approve({ name, input }, { effects }) {
        seen.push(`${name} ${effects.join()} ${JSON.stringify(input)}`);
        if (name === "scrape") throw new Error("the desk is closed");
        return { ok: true };
      },
    };
    const { told } = await runCalls([query("select 1"), scrape], { settings });
    expect(seen).toEqual(['query_data  {"sql":"select 1"}', 'scrape reaches {"url":"https://a.example"}']);
    expect(told[1]).toMatch(/^ERROR not_allowed: scrape was not called, .*the desk is closed/);
  });

  test("is not asked about tools that there are not", async () => {
    const { told, questions } = await runCalls([{ name: "scrap", input: {} }], { answers: [] });
    expect(told[0]).toMatch(/^ERROR not_found: there is no tool "scrap" \(did you mean scrape\?\)/);
    expect(questions).toEqual([]);
  });
});
