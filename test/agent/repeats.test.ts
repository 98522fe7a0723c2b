import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import type { ModelRequest } from "../../src/providers/provider.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { defineTool, type Tool } from "../../src/tools/tool.ts";
import { add, call, problemsOf, scripted } from "../support/agent-fixtures.ts";

describe("the same call again", () => {
  const again: ScriptStep = { tool_calls: [call("add", { a: 1, b: 2 })] };
  const lastResult = ({ messages }: ModelRequest) => messages.findLast(({ role }) => role === "tool");

  test("is named to the model in the result", async () => {
    const swapped: ScriptStep = { tool_calls: [call("add", { b: 2, a: 1 })] };
    const agent = scripted([again, swapped, (request) => JSON.stringify(lastResult(request))]);
    expect((await agent.complete({ prompt: "go" })).text).toContain("this very call 2 times");
  });

  test("ends the run in the end, with every call answered", async () => {
    const store = openMemoryStore();
    const agent = scripted(
      Array.from({ length: 9 }, () => again),
      { store },
    );
    const result = await agent.complete({ prompt: "go", sessionId: "s" });
    expect(result).toMatchObject({ exit_reason: "repeating", turns: 5 });
    expect(problemsOf((await store.load("s"))?.messages)).toEqual([]);
  });

  test("with other arguments is no repetition", async () => {
    const steps = [1, 2, 3, 4, 5, 6, 7].map((a): ScriptStep => ({ tool_calls: [call("add", { a, b: 0 })] }));
    expect((await scripted([...steps, "done"]).complete({ prompt: "go" })).exit_reason).toBe("finished");
  });

  test("may be made as long as the work it asks for still runs, wherever the result says so", async () => {
    let asked = 0;
    const defined = defineTool({
      name: "job",
      description: "Waits for long work.",
      input: z.object({ job_id: z.string() }),
      output: z.object({ status: z.string(), done: z.number() }),
      run: async () => ({ status: "done", done: 1 }),
    });
    const job: Tool = {
      ...defined,
      call: async () => ({ ok: true, value: { done: ++asked, status: asked < 8 ? "running" : "done" } }),
    };
    const wait: ScriptStep = { tool_calls: [call("job", { job_id: "j" })] };
    const provider = scriptedProvider([...Array.from({ length: 8 }, () => wait), "done"]);
    const result = await createAgent({ provider, tools: [job, add] }).complete({ prompt: "go" });
    expect(result).toMatchObject({ exit_reason: "finished", tool_calls: 8 });
  });
});
