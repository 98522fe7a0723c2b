import { z } from "zod";
import { maxExpressionChars } from "../math/evaluate.ts";
import { defineTool } from "./tool.ts";

/** Evaluate an arithmetic expression exactly; units, matrices, fractions and big numbers as mathjs writes them. */
export const calculate = defineTool({
  name: "calculate",
  description: "Evaluate a mathematical expression exactly, e.g. `12.5% of 84 kg to lb`, `2^200`, `inv([1, 2; 3, 4])`.",
  input: z.object({
    expression: z
      .string()
      .min(1)
      .max(maxExpressionChars)
      .describe("mathjs syntax, e.g. (2 + 3) / 7; several statements with ;"),
  }),
  output: z.object({ result: z.string(), type: z.string() }),
  hints: { readOnly: true },
  run({ expression }, context) {
    return context.services.math.evaluate(expression, context.signal);
  },
});
