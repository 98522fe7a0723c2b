import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openMemoryStore } from "../../src/session/memory.ts";
import { providerContract, scriptedProvider, sessionStoreContract, toolContract } from "../../src/testing.ts";
import type { Provider, ScriptedReply } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";
import { add } from "../support/agent-fixtures.ts";

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

  test("a provider that ends its stream without the whole reply, and ignores an abort", async () => {
    const open = (change: (stream: Provider["stream"]) => Provider["stream"]) => async (replies: ScriptedReply[]) => {
      const scripted = scriptedProvider(replies);
      const provider = { ...scripted, stream: change((...given) => scripted.stream(...given)) };
      return { provider, close: async () => undefined };
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
});
