import { createContext, Script } from "node:vm";
import { answerTasks } from "../isolate/tasks.ts";
import { evaluateExpression, prepareNext, type MathAnswer } from "./expression.ts";

/**
 * The owner kills this process long before; this limit is for the case that the owner itself was killed, so that an
 * endless evaluation does not outlive it. What it interrupts may leave mathjs in disorder: the process ends.
 */
const orphanLimitMs = 10_000;

const run: { expression: string; answer: MathAnswer | undefined } = { expression: "", answer: undefined };
const context = createContext({
  evaluate: () => {
    run.answer = evaluateExpression(run.expression);
  },
});
const script = new Script("evaluate()");

answerTasks((task) => {
  run.expression = String(task);
  script.runInContext(context, { timeout: orphanLimitMs });
  setImmediate(prepareNext); // the answer is on its way by then
  return run.answer;
});
