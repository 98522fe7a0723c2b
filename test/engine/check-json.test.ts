import { expect, test } from "vitest";
import { checkJson } from "../../src/engine/check-json.ts";

const itself: Record<string, unknown> = {};
itself["list"] = [itself];
let deep: unknown[] = [];
for (let depth = 0; depth < 50_000; depth++) deep = [deep];

test.each([
  ["a bigint", { a: [1n] }, /bigint/],
  ["itself", itself, /itself/],
  ["endless nesting", { deep }, /too deeply/],
  ["what cannot be written", { when: new Date(NaN), odd: { toJSON: () => JSON.parse("{") as unknown } }, /JSON/],
])("a value that holds %s is no JSON, and is told so", async (_what, value, why) => {
  await expect(checkJson(value)).rejects.toThrow(TypeError);
  await expect(checkJson(value)).rejects.toThrow(why);
});

test("a value that holds the same thing twice, dates or what JSON leaves out is JSON", async () => {
  const shared = { a: 1 };
  const value = { one: shared, two: [shared, shared], at: new Date(0), not: undefined, call: () => 1, odd: NaN };
  await expect(checkJson(value)).resolves.toBeUndefined();
});

test("others have their turn while a large value is looked at", async () => {
  let turns = 0;
  const count = () => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  await checkJson({ rows: Array.from({ length: 300_000 }, (_, a) => [a]) });
  clearImmediate(immediate);
  expect(turns).toBeGreaterThan(20);
});
