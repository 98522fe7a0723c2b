import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import type { Progress } from "../../src/tools/tool.ts";

/** What every engine must do, given one that runs the tools of `support/engine-tools.ts`. */
export function engineContract(name: string, open: () => Promise<Engine>): void {
  describe(`${name} keeps the engine contract`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine.close());

    const call = (tool: string, input: unknown = {}, signal = new AbortController().signal) =>
      engine.call(tool, input, { signal, progress: () => undefined });

    test("definitions list name, description, schemas and hints", async () => {
      const echo = (await engine.definitions()).find((definition) => definition.name === "echo");
      expect(echo).toMatchObject({
        description: "Return the text.",
        hints: { readOnly: false, openWorld: false, long: false },
      });
      expect(echo?.inputSchema).toMatchObject({ type: "object", required: ["text"] });
      expect(Object.keys(echo ?? {}).toSorted()).toEqual([
        "description",
        "hints",
        "inputSchema",
        "name",
        "outputSchema",
      ]);
    });

    test("call returns what the tool returned, as done", async () => {
      expect(await call("echo", { text: "π\n" })).toEqual({ ok: true, value: { status: "done", text: "π\n" } });
    });

    test("call passes large results whole", async () => {
      const result = await call("echo", { text: "0123456789", times: 300_000 });
      expect(result.ok && String(result.value["text"]).length).toBe(3_000_000);
    });

    test("call reads null for an omitted optional and a number written as text", async () => {
      expect(await call("echo", { text: "a", times: null })).toMatchObject({ ok: true, value: { text: "a" } });
      expect(await call("echo", { text: "a", times: "2" })).toMatchObject({ ok: true, value: { text: "aa" } });
    });

    test("call answers wrong, missing and unknown arguments with their names", async () => {
      const result = await call("echo", { times: 0, bogus: 1 });
      expect(result).toMatchObject({ ok: false, code: "invalid_input" });
      expect(result.ok ? "" : result.message).toMatch(/bogus.*times.*text|bogus.*text.*times|text.*times.*bogus/s);
    });

    test("call answers an unknown tool with the nearest name", async () => {
      const result = await call("ecko");
      expect(result).toMatchObject({ ok: false, code: "not_found" });
      expect(result.ok ? "" : result.message).toContain("did you mean echo");
    });

    test("call passes a tool's own error with its code", async () => {
      expect(await call("refuse")).toEqual({ ok: false, code: "not_allowed", message: "not today; try tomorrow" });
    });

    test("call reports what a tool did not mean to throw as internal", async () => {
      expect(await call("crash")).toMatchObject({
        ok: false,
        code: "internal",
        message: expect.stringContaining("out of cheese"),
      });
    });

    test.each(["return_bigint", "return_nothing", "odd_code"])(
      "%s breaks the contract: internal, and others go on",
      async (tool) => {
        const other = call("count");
        const result = await call(tool, { text: "a" });
        expect(result).toMatchObject({ ok: false, code: "internal" });
        expect(result.ok ? "" : result.message.length).toBeLessThan(5_000);
        expect(await other).toMatchObject({ ok: true });
      },
    );

    test("progress that is no number is dropped", async () => {
      expect(await call("odd_progress", { text: "a" })).toMatchObject({ ok: true });
    });

    test("arguments nested too deep to be read are invalid", async () => {
      let deep: unknown = [];
      for (let depth = 0; depth < 50_000; depth++) deep = [deep];
      expect(await call("echo", { text: deep })).toMatchObject({ ok: false, code: "invalid_input" });
    });

    test("progress arrives in order and before the result", async () => {
      const updates: Progress[] = [];
      const result = await engine.call(
        "count",
        {},
        { signal: new AbortController().signal, progress: (update) => updates.push(update) },
      );
      expect(result).toMatchObject({ ok: true });
      expect(updates.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(updates.at(-1)).toEqual({ done: 10, total: 10, message: "counted 10" });
    });

    test.each(["wait", "ignore_abort"])("an aborted call of %s is answered as cancelled", async (tool) => {
      const abort = new AbortController();
      const result = call(tool, {}, abort.signal);
      setTimeout(() => abort.abort(), 50);
      expect(await result).toMatchObject({ ok: false, code: "cancelled" });
      expect(await call("echo", { text: "alive" })).toMatchObject({ ok: true });
    });

    test("a call aborted before it began is answered as cancelled", async () => {
      expect(await call("wait", {}, AbortSignal.abort())).toMatchObject({ ok: false, code: "cancelled" });
    });

    test("many calls at once are each answered with their own result", async () => {
      const results = await Promise.all(Array.from({ length: 200 }, (_, index) => call("echo", { text: `${index}` })));
      expect(results.map((result) => result.ok && result.value["text"])).toEqual(
        Array.from({ length: 200 }, (_, index) => `${index}`),
      );
    });

    test("close answers calls in flight as cancelled, and later ones too", async () => {
      const closing = await open();
      const running = closing.call("wait", {}, { signal: new AbortController().signal, progress: () => undefined });
      await closing.call(
        "echo",
        { text: "started" },
        { signal: new AbortController().signal, progress: () => undefined },
      );
      await closing.close();
      expect(await running).toMatchObject({ ok: false, code: "cancelled" });
      const late = await closing.call("wait", {}, { signal: new AbortController().signal, progress: () => undefined });
      expect(late).toMatchObject({ ok: false, code: "cancelled" });
    });
  });
}
