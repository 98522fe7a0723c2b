import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openMemoryStore } from "../../src/session/memory.ts";
import { sessionStoreContract, toolContract } from "../../src/testing.ts";
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
});
