import { createContext, Script } from "node:vm";
import { answerTasks } from "../isolate/tasks.ts";
import { keepCode } from "../kept-program.ts";
import { evaluateExpression, prepareNext, type Guard } from "./expression.ts";

/**
 * The owner kills this process long before; this limit is for the case that the owner itself was killed, so that an
 * endless evaluation does not outlive it. What it interrupts may leave mathjs in disorder: the process ends.
 */
const orphanLimitMs = 3_000;

let guarded = () => {};
const context = createContext({ work: () => guarded() });
const script = new Script("work()");

/** A limit costs a thread for each call, and ten times as long as a usual expression: those that are brief have none. */
const guard: Guard = (work) => {
  guarded = work;
  try {
    script.runInContext(context, { timeout: orphanLimitMs });
  } catch (thrown) {
    if (isTimeout(thrown)) process.exit(1);
    throw thrown;
  }
};

/** It is an error of the other context, and none of ours. */
function isTimeout(thrown: unknown): boolean {
  const isCoded = typeof thrown === "object" && thrown !== null && "code" in thrown;
  return isCoded && thrown.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

/** What people ask for: an expression that is like one of these need not compile much. */
const usual = [
  "(1.5 + 2) * 3 - 4 / 5 % 3",
  "2^100 + sqrt(2) + round(2.345, 2)",
  "1.5 kg * 3 + 2 lb to lb",
  "80 km / 2 h to m/s",
  "det([[1, 2], [3, 4]]) + sum([1, 2, 3])",
  "inv([1, 2; 3, 4]) * [1; 2]",
  "a = 3; mean(a, 4) > 2 ? sin(a) : 5!",
];
keepCode(() => usual.forEach((expression) => evaluateExpression(expression)));

answerTasks(
  (task) => evaluateExpression(String(task), guard),
  () => [],
  prepareNext,
);
