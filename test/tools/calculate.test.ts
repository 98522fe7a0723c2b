import { afterAll, expect, test } from "vitest";
import { openMathEngine, type MathEngine } from "../../src/math/evaluate.ts";
import { calculate } from "../../src/tools/calculate.ts";
import type { ToolContext } from "../../src/tools/tool.ts";

const math: MathEngine = openMathEngine();
afterAll(() => math.close());

function call(input: unknown, signal = new AbortController().signal) {
  const services = new Proxy({ math } as ToolContext["services"], {
    get(target, name) {
      if (name !== "math") throw new Error(`calculate must not touch ${String(name)}`);
      return target.math;
    },
  });
  return calculate.call(input, { signal, progress: () => {}, services });
}

test("the examples of the description work", async () => {
  const examples = [...calculate.description.matchAll(/`([^`]+)`/g)].map(([, example]) => example ?? "");
  expect(examples.length).toBeGreaterThan(1);
  for (const expression of examples) expect(await call({ expression })).toMatchObject({ ok: true });
});

test("a result has the value as text and its type", async () => {
  expect(await call({ expression: "(2 + 3) / 8" })).toEqual({
    ok: true,
    value: { status: "done", result: "0.625", type: "BigNumber" },
  });
});

test.each([
  [{}, "expression"],
  [{ expression: "" }, "expression"],
  [{ expression: "1".repeat(1_001) }, "expression"],
  [{ expression: "1", more: 1 }, "more"],
  [{ expression: "nothing()" }, "nothing"],
])("%j is an invalid input that is named", async (input, named) => {
  const message = expect.stringContaining(named);
  expect(await call(input)).toMatchObject({ ok: false, code: "invalid_input", message });
});

test("a number is taken for its text", async () => {
  expect(await call({ expression: 7 })).toMatchObject({ ok: true, value: { result: "7" } });
});

test("an abort is thrown, not reported", async () => {
  await expect(call({ expression: "1" }, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
