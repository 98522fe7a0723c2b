import { create, type MathJsInstance } from "mathjs";
import { allowedConstants, allowedFunctions, operatorFunctions } from "./allowed.ts";
import { factories } from "./factories.ts";
import { exactDigits } from "./format.ts";

export type NumberType = "BigNumber" | "number";

/**
 * A mathjs of its own for one expression (about 5 ms), in which only what is allowed can be found by name. mathjs
 * keeps state that even plain units change: once it has seen `5 lbf`, it writes every force in pounds.
 */
export function openMath(number: NumberType): MathJsInstance {
  const math = create({ ...factories }, { number, precision: exactDigits });
  const names = nameTable(math);
  for (const name of Object.getOwnPropertyNames(names)) {
    if (!isAllowed(name) && !Reflect.deleteProperty(names, name)) throw new Error(`mathjs holds on to ${name}`);
  }
  // Matrices in brackets read one setting from here; this is no function to change settings with.
  Object.defineProperty(names, "config", { value: Object.freeze({}) });
  Object.freeze(names);
  return math;
}

/** Where mathjs looks up the names and operators of an expression; its types leave it out. */
function nameTable(math: MathJsInstance): object {
  const names: unknown = Reflect.get(math.expression, "mathWithTransform");
  if (typeof names !== "object" || names === null) throw new Error("mathjs has no table of names where it should be");
  return names;
}

function isAllowed(name: string): boolean {
  return allowedFunctions.has(name) || allowedConstants.has(name) || operatorFunctions.has(name);
}
