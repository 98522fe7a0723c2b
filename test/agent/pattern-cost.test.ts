import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costOfPattern, isCheap } from "../../src/agent/pattern-cost.ts";

describe("a pattern", () => {
  test.each([
    ["^[A-Z]{2}-\\d{4}$", { ways: 1, degree: 0 }],
    ["^\\d{4}-\\d{2}-\\d{2}$", { ways: 1, degree: 0 }],
    ["^[a-z]+$", { ways: 1, degree: 1 }],
    ["[a-z]+", { ways: 1, degree: 2 }],
    ["^(\\+\\d{1,3} )?\\d{3,12}$", { ways: 60, degree: 0 }],
    ["^([A-Z]{2}\\d)+$", { ways: 1, degree: 1 }],
    ["^(?:red|green|blue)$", { ways: 3, degree: 0 }],
    ["^red|green$", { ways: 2, degree: 1 }],
    ["^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", { ways: 1, degree: 3 }],
    ["^\\(\\[\\]{2}[\\]()*+]$", { ways: 1, degree: 0 }],
  ])("%s has a bound", (pattern, cost) => {
    expect(costOfPattern(pattern)).toMatchObject(cost);
  });

  test.each(["^(a+)+$", "^(a|a)*$", "^(a|ab)+$", "^(a?){30}$", "(x*)*", "^((ab)*c?)+$", "(a)\\1", "(?<n>a)\\k<n>"])(
    "%s has none",
    (pattern) => expect(costOfPattern(pattern)).toBeUndefined(),
  );

  test("is cheap on short texts, and not on long ones", () => {
    const email = "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$";
    expect([isCheap(email, 100), isCheap(email, 10_000)]).toEqual([true, false]);
    expect(isCheap("^[a-z]+$", 1_000_000)).toBe(true);
  });

  test.each([
    "^(.*a){12}$",
    "\\s+$",
    "^\\s*|\\s*$.*.*.*",
    ".*.*=.*",
    "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@)$",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(.|\\n)*x",
    "^a{0,900}a{0,900}a{0,900}b$",
    "^(?=(a+)+$)a",
    "x".repeat(501),
  ])("that hurts, %s, is not cheap on a long text", (pattern) => {
    expect(isCheap(pattern, 50_000)).toBe(false);
  });

  test("that is cheap is done with at once, whatever it is", () => {
    const piece = fc.constantFrom(
      "a",
      "[ab]",
      ".",
      "a*",
      "b+",
      "[ab]?",
      "a{1,3}",
      "(?:a|b)",
      "(?:ab)*",
      "(?:a+|b)?",
      "$",
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `^${pieces.join("")}c$`);
    fc.assert(
      fc.property(pattern, fc.integer({ min: 1, max: 60 }), (source, length) => {
        if (isCheap(source, length)) new RegExp(source).test("ab".repeat(length / 2 + 1).slice(0, length)); // or the test takes for ever
      }),
      { numRuns: 2_000 },
    );
  });
});
