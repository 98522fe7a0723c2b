import type { MathJsInstance } from "mathjs";
import { errorMessage, ToolError, type ErrorCode } from "../errors.ts";
import { cutText } from "../text/text.ts";
import { formatValue } from "./format.ts";
import { openMath, type NumberType } from "./instance.ts";
import { isBrief, isPlain } from "./plain.ts";
import { checkTree } from "./syntax.ts";

export type MathAnswer = { ok: true; result: string; type: string } | { ok: false; code: ErrorCode; message: string };

/** Does something that may never end, in a way that it does not outlive its owner. */
export type Guard = (work: () => void) => void;

const maxResultChars = 20_000;

/** Those that are as they were made: what was refused, or plain, does not cost the next expression a new mathjs. */
const unused = new Map<NumberType, MathJsInstance>();

/**
 * Parse, check the syntax tree, evaluate in a mathjs and a scope of its own: with BigNumbers for all but the functions
 * that mathjs only has for doubles, such as `erf` and `gamma(5.5)`. Hostile input may make it never return.
 *
 * @param guard stands around what may; default: nothing does
 * @throws RangeError where the stack or a value grew past what JavaScript can hold: what mathjs' modules share may then
 *   be half changed, so this process must not evaluate another expression
 */
export function evaluateExpression(expression: string, guard: Guard = (work) => work()): MathAnswer {
  try {
    const text = toMathjs(expression);
    try {
      return { ok: true, ...evaluateWith("BigNumber", text, guard) };
    } catch (thrown) {
      if (!isUnsupported(thrown)) throw thrown;
      return { ok: true, ...evaluateWith("number", text, guard) };
    }
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    if (isBeyondTheLanguage(thrown)) throw thrown;
    const message = `${cutText(expression, 100)}: ${cutText(errorMessage(thrown), 300)}`;
    return { ok: false, code: "invalid_input", message };
  }
}

/** Make what the next expression needs, where there is time for it. */
export function prepareNext(): void {
  if (!unused.has("BigNumber")) unused.set("BigNumber", openMath("BigNumber"));
}

function evaluateWith(numbers: NumberType, text: string, guard: Guard): { result: string; type: string } {
  const math = unused.get(numbers) ?? openMath(numbers);
  unused.set(numbers, math);
  const tree = math.parse(text);
  checkTree(math, tree);
  unused.delete(numbers);
  const answer = { result: "", type: "" };
  const work = () => {
    const evaluated: unknown = tree.evaluate(new Map());
    if (isPlain(math, tree)) unused.set(numbers, math);
    Object.assign(answer, answerOf(math, evaluated));
  };
  if (isBrief(math, tree)) work();
  else guard(work);
  return answer;
}

function answerOf(math: MathJsInstance, evaluated: unknown): { result: string; type: string } {
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
