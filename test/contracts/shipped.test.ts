import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openMemoryStore } from "../../src/session/memory.ts";
import { providerContract, scriptedProvider, sessionStoreContract, toolContract } from "../../src/testing.ts";
import type { ModelRequest, Provider, ScriptedReply } from "../../src/testing.ts";
import type { JsonObject } from "../../src/message.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { overheard } from "./provider.ts";
import { add, openWaitTool } from "../support/agent-fixtures.ts";

describe("a tool made with defineTool", () => {
  const cases = toolContract({ tool: add, input: { a: 1, b: 2 } });
  test.each(cases)("$name", ({ run }) => expect(run()).resolves.toBeUndefined());
});

describe("the contracts notice", () => {
  const failures = async (cases: ReturnType<typeof toolContract>) => {
    const settled = await Promise.allSettled(cases.map(({ run }) => run()));
    return cases.flatMap(({ name }, index) => (settled[index]?.status === "rejected" ? [name] : []));
  };

  test("a store that does not see another writer", async () => {
    const careless = async () => {
      const store = openMemoryStore();
      const append: typeof store.append = async (id, _seen, messages) =>
        store.append(id, (await store.load(id))?.messages.length ?? 0, messages);
      return { ...store, append };
    };
    expect(await failures(sessionStoreContract(careless))).toContain("append rejects when another writer was first");
    expect(await failures(sessionStoreContract(async () => openMemoryStore()))).toEqual([]);
  });

  test("a tool that takes anything, and goes on after an abort", async () => {
    const made = defineTool({
      name: "made",
      description: "x",
      input: z.object({}),
      output: z.object({}),
      run: async () => ({}),
    });
    const lax = { ...made, call: async () => ({ ok: true as const, value: { status: "odd" } }) };
    expect(await failures(toolContract({ tool: lax, input: {} }))).toEqual([
      "answers its input with JSON that says it is done",
      "answers an argument that there is not with invalid_input, by its name",
    ]);
  });

  test("a tool that is deaf to an abort, or never ends, and say so instead of waiting", async () => {
    const { tool } = openWaitTool();
    const reasons = async (input: JsonObject) => {
      const settled = await Promise.allSettled(toolContract({ tool, input, limitMs: 50 }).map(({ run }) => run()));
      return settled.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    };
    const never: unknown = expect.stringContaining("wait had not ended after 0.05 s");
    const late: unknown = expect.stringContaining("wait, called after an abort, had not ended after 0.05 s");
    expect(await reasons({ deaf: true })).toEqual([
      never,
      never,
      late,
      expect.stringContaining("wait, aborted while it worked, had not ended after 0.05 s"),
    ]);
    expect(await reasons({})).toEqual([never, never, late]);
  });

  test("a provider that ends its stream without the whole reply, and ignores an abort", async () => {
    const open = (change: (stream: Provider["stream"]) => Provider["stream"]) => async (replies: ScriptedReply[]) => {
      const { provider: asked, ...heard } = overheard(scriptedProvider(replies));
      return { ...heard, provider: { ...asked, stream: change((...given) => asked.stream(...given)) } };
    };
    const deaf = open((stream) => (request) => stream(request, new AbortController().signal));
    expect(await failures(providerContract(deaf))).toEqual([
      "ends with the signal's reason where it was aborted before",
      "ends with the signal's reason where it is aborted in the middle",
    ]);
    const cut = open(
      (stream) =>
        async function* (request, signal) {
          for await (const event of stream(request, signal)) if (event.type !== "done") yield event;
        },
    );
    expect(await failures(providerContract(cut))).toContain("streams text and then the whole reply, once");
    expect(await failures(providerContract(open((stream) => stream)))).toEqual([]);
  });

  test.each<{ drop: (request: ModelRequest) => ModelRequest; noticed: string }>([
    { noticed: "sends the system text", drop: (request) => ({ ...request, system: undefined }) },
    {
      noticed: "sends every message of a conversation, in its order",
      drop: (request) => ({ ...request, messages: request.messages.slice(0, 1) }),
    },
    {
      noticed: "sends every message of a conversation, in its order",
      drop: (request) => ({ ...request, messages: request.messages.filter(({ role }) => role !== "tool") }),
    },
    { noticed: "sends the tools: names, descriptions and arguments", drop: (request) => ({ ...request, tools: [] }) },
    { noticed: "sends the format of the reply", drop: without("output") },
    { noticed: "sends the limit of the reply's length", drop: without("maxOutputTokens") },
  ])("a provider of which it is not true that it $noticed", async ({ drop, noticed }) => {
    const open = async (replies: ScriptedReply[]) => {
      const { provider: asked, ...heard } = overheard(scriptedProvider(replies));
      const stream: Provider["stream"] = (request, signal) => asked.stream(drop(request), signal);
      return { ...heard, provider: { ...asked, stream } };
    };
    expect(await failures(providerContract(open))).toEqual([noticed]);
  });
});

function without(left: "output" | "maxOutputTokens"): (request: ModelRequest) => ModelRequest {
  return (request) => {
    const copy = { ...request };
    delete copy[left];
    return copy;
  };
}
