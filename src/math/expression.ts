import { all, create, type MathJsInstance } from "mathjs";
import { errorMessage, ToolError, type ErrorCode } from "../errors.ts";
import { cutText } from "../text.ts";
import { exactDigits, formatValue } from "./format.ts";
import { checkTree } from "./syntax.ts";

export type MathAnswer = { ok: true; result: string; type: string } | { ok: false; code: ErrorCode; message: string };

const maxResultChars = 20_000;

/** BigNumbers for all but the functions that mathjs only has for doubles, such as `erf` and `gamma(5.5)`. */
const exact = create({ ...all }, { number: "BigNumber", precision: exactDigits });
const double = create({ ...all }, { number: "number" });

/** Parse, check the syntax tree, evaluate with an empty scope. Never throws; hostile input may make it never return. */
export function evaluateExpression(expression: string): MathAnswer {
  try {
    const text = toMathjs(expression);
    try {
      return { ok: true, ...evaluateWith(exact, text) };
    } catch (thrown) {
      if (!isUnsupported(thrown)) throw thrown;
      return { ok: true, ...evaluateWith(double, text) };
    }
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    const tooLarge = isBeyondTheLanguage(thrown);
    const reason = tooLarge
      ? "it is nested too deep, or a value in it is too large"
      : cutText(errorMessage(thrown), 300);
    return {
      ok: false,
      code: tooLarge ? "too_large" : "invalid_input",
      message: `${cutText(expression, 100)}: ${reason}`,
    };
  }
}

function evaluateWith(math: MathJsInstance, text: string): { result: string; type: string } {
  const tree = math.parse(text);
  checkTree(math, tree);
  const evaluated: unknown = tree.evaluate(new Map());
  const value = math.isResultSet(evaluated) ? evaluated.entries.at(-1) : evaluated;
  if (value === undefined)
    throw new ToolError("invalid_input", "the expression has no value; end it with what to compute");
  const result = formatValue(math, value);
  if (result.length > maxResultChars) {
    throw new ToolError(
      "too_large",
      `the result has ${result.length} characters; ask for a part of it, e.g. size(m) or sum(m)`,
    );
  }
  return { result, type: math.typeOf(value) };
}

/** Two ways of writing that people and models use and mathjs does not know: `20% of 5` and Python's `2 ** 3`. */
function toMathjs(expression: string): string {
  return expression.replace(/"[^"]*"|'[^'\n]*'|%\s*of\b|\*\*/g, (found) => {
    if (found === "**") return "^";
    return found.startsWith("%") ? "/ 100 *" : found;
  });
}

/** The call stack, a string or an array grew past what JavaScript can hold. mathjs has RangeErrors of its own. */
function isBeyondTheLanguage(thrown: unknown): boolean {
  return thrown instanceof RangeError && /call stack|Invalid (?:array|string|count)|BigInt/.test(thrown.message);
}

/** How mathjs says that a function takes doubles only. */
function isUnsupported(thrown: unknown): boolean {
  return /BigNumber|Unexpected type of argument|Too many arguments|not supported/i.test(errorMessage(thrown));
}
