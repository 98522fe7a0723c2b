import { afterAll, describe, expect, test } from "vitest";
import { openMathEngine } from "../../src/math/evaluate.ts";

const math = openMathEngine();
const { signal } = new AbortController();
const evaluate = (expression: string) => math.evaluate(expression, signal);

afterAll(() => math.close());

describe("what people ask for", () => {
  test.each<[expression: string, result: string, type: string]>([
    ["0.1 + 0.2", "0.3", "BigNumber"],
    ["1/3", "0.33333333333333333333333333333333", "BigNumber"],
    ["2/3 * 3", "2", "BigNumber"],
    ["2^200", "1606938044258990275541962092341162602522202993782792835301376", "BigNumber"],
    ["2 ** 10", "1024", "BigNumber"],
    ["9007199254740993 + 1", "9007199254740994", "BigNumber"],
    ["factorial(50)", "30414093201713378043612608166064768844377641568960512000000000000", "BigNumber"],
    ["100! / 98!", "9900", "BigNumber"],
    ["0.0000001", "0.0000001", "BigNumber"],
    ["1e30", "1000000000000000000000000000000", "BigNumber"],
    ["9^9^9", "4.2812477317574704803698711593056e+369693099", "BigNumber"],
    ["12.5% of 84 kg to lb", "23.148537529412145975912249141228 lb", "Unit"],
    ["100 + 10% of 50", "105", "BigNumber"],
    ["200 + 20%", "240", "BigNumber"],
    ["3 inch to cm", "7.62 cm", "Unit"],
    ["25 degC to degF", "77 degF", "Unit"],
    ["5 km / 2 h to m/s", "0.69444444444444444444444444444444 m / s", "Unit"],
    ["sin(pi)", "0", "BigNumber"],
    ["cos(60 deg)", "0.5", "BigNumber"],
    ["sqrt(-4)", "2i", "Complex"],
    ["e^(i*pi)", "-1", "Complex"],
    ["fraction(1,3) + fraction(1,6)", "1/2", "Fraction"],
    ["erf(0.5)", "0.520499877813047", "number"],
    ["gamma(5.5)", "52.3427777845535", "number"],
    ["inv([1, 2; 3, 4])", "[[-2, 1], [1.5, -0.5]]", "DenseMatrix"],
    ["[1,2,3][2]", "2", "BigNumber"],
    ["eigs([2, 0; 0, 3]).values", "[2, 3]", "DenseMatrix"],
    ["mean(1, 2, 4.5)", "2.5", "BigNumber"],
    ["a = 3; b = 4; sqrt(a^2 + b^2)", "5", "BigNumber"],
    ["3 > 2 and not (1 == 2)", "true", "boolean"],
    ["5 > 3 ? 1 : 2", "1", "BigNumber"],
    ["bin(10)", "0b1010", "string"],
    ["gcd(12, 18)", "6", "BigNumber"],
    ['"50% of a ** b"', "50% of a ** b", "string"],
    ["gravity to m/s^2", "9.80665 m / s^2", "Unit"],
  ])("%s = %s", async (expression, result, type) => {
    expect(await evaluate(expression)).toEqual({ result, type });
  });

  test("a variable of one expression is unknown to the next", async () => {
    await evaluate("secret = 5");
    await expect(evaluate("secret")).rejects.toMatchObject({ code: "invalid_input" });
  });
});

/** Refused at once. `pi` follows each, and must still be itself. */
const refused = [
  'import("fs")',
  "import({pi: 3})",
  "import({add: 3}, {override: true})",
  'config({number: "number"})',
  "config({precision: 3})",
  'createUnit("foo")',
  'createUnit("meter", "3 kg", {override: true})',
  'splitUnit(1 m, ["cm"])',
  'evaluate("1+1")',
  'parse("1+1")',
  'parse("1+1").evaluate()',
  'compile("1")',
  "parser()",
  "chain(3)",
  "typed({})",
  'simplify("x+x")',
  'derivative("x^2", "x")',
  'rationalize("x/x")',
  'resolve("x")',
  'symbolicEqual("x", "x")',
  "help(sin)",
  'reviver("a", 1)',
  "replacer()",
  "create()",
  "factory()",
  'print("$a", {a: 1})',
  "map([1], sqrt)",
  "filter([1], isPositive)",
  "forEach([1], print)",
  "apply([1,2], 1, sum)",
  "sort([2,1], compare)[1].constructor",
  'cos.constructor("return process")()',
  'cos["constructor"]("return process")()',
  'f(x) = cos["constructor"](x)',
  "f(x) = f(x); f(1)",
  "f(x) = x; f(1)",
  "sin",
  "process",
  "globalThis",
  "require",
  "this",
  "constructor",
  "__proto__",
  "undefined",
  "version",
  "expression",
  "Unit",
  "BigNumber(3)",
  "{a: 1}",
  '{"__proto__": 1}',
  "[1].constructor",
  '[1]["constructor"]',
  '"a".constructor',
  '"a".length',
  "(1).toString()",
  "x.y = 1",
  'a = [1,2]; a[1] = 5; a["constructor"]',
  'a = eigs([1]); a["__proto__"]',
  "a = [1]; a.b = 3",
  "end",
  "",
  " ",
  ";",
  "2 +",
  "((1)",
  "1 2 3 ]",
  "1/0",
  "0/0",
  "9^9^9^9",
  "1e9999999999999999",
  "nosuchfunction(1)",
  "nosuchname",
  "5 kg + 3 m",
  "[1,2] * [1,2,3]",
  `${"(".repeat(5_000)}1${")".repeat(5_000)}`,
  `${"(".repeat(490)}1${")".repeat(490)}${"^2".repeat(5_000)}`,
  "unit('1 foo')",
  "det([1,2,3])",
  "'unclosed",
];

describe("what is refused", () => {
  test.each(refused)("%j", async (expression) => {
    await expect(evaluate(expression)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/^.{10,700}$/s),
    });
    expect((await evaluate("pi * 1 meter to cm")).result).toBe("314.15926535897932384626433832795 cm");
  });
});

describe("what would take for ever or all memory", () => {
  // Which limit is met first depends on how busy the machine is.
  test.each(["factorial(1e9)", "1:1e9", "zeros(1e5, 1e5)", "string(ones(100, 200))"])(
    "%s ends, and the next expression works",
    async (expression) => {
      await expect(evaluate(expression)).rejects.toMatchObject({
        code: expect.stringMatching(/^(timeout|too_large)$/),
      });
      expect((await evaluate("1 + 1")).result).toBe("2");
    },
  );

  test("an abort ends the wait, and the next expression works", async () => {
    const stop = new AbortController();
    const endless = math.evaluate("factorial(1e8)", stop.signal);
    stop.abort(new Error("enough"));
    await expect(endless).rejects.toThrow("enough");
    expect((await evaluate("1 + 1")).result).toBe("2");
  });

  test("closing ends what runs", async () => {
    const other = openMathEngine();
    const endless = other.evaluate("factorial(1e8)", signal);
    await Promise.all([expect(endless).rejects.toMatchObject({ code: "cancelled" }), other.close()]);
  });
});

test("several expressions at once are all answered", async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => evaluate(`${n}^2`)));
  expect(results.map(({ result }) => result)).toEqual(Array.from({ length: 20 }, (_, n) => String(n * n)));
});
