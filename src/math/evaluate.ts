import { errorCodes, ToolError } from "../errors.ts";
import { startLineProcess } from "../isolate/line-process.ts";
import { openPool } from "../isolate/pool.ts";
import { isJsonObject } from "../message.ts";
import { mathProcess } from "./math-process.ts";

/** Evaluates mathjs expressions where hostile input can neither stall nor starve the caller. */
export interface MathEngine {
  /**
   * @param expression mathjs syntax, at most 1,000 characters
   * @returns the value as text, with all its digits, and mathjs' name of its type
   * @throws ToolError `invalid_input` for what cannot be parsed or is not allowed, `timeout`, `too_large`
   */
  evaluate(expression: string, signal: AbortSignal): Promise<{ result: string; type: string }>;
  close(): Promise<void>;
}

export interface StartableMath extends MathEngine {
  /** Start the process of the next expression, where none runs, while that is still being read. */
  prepare(): void;
}

export const maxExpressionChars = 1_000;
const timeLimitMs = 2_000;

/**
 * Starts its child process with the first expression; one that runs too long is killed and the next gets a new child.
 * A process and not a thread: `1:1e9` in a thread with a memory limit aborted the whole process.
 *
 * @param idleMs after so long without an expression the process ends; default five minutes
 */
export function openMathEngine(idleMs = 300_000): StartableMath {
  const pool = openPool(startLineProcess(mathProcess), 1, { idleMs });
  return {
    async evaluate(expression, signal) {
      if (expression.length > maxExpressionChars) {
        throw new ToolError(
          "invalid_input",
          `the expression has ${expression.length} characters, at most ${maxExpressionChars} are allowed; split it`,
        );
      }
      const outcome = await pool.run(expression, { timeoutMs: timeLimitMs, signal });
      if (outcome.kind === "timeout") {
        throw new ToolError(
          "timeout",
          `the expression took longer than ${timeLimitMs / 1_000} s; use smaller numbers or matrices`,
        );
      }
      if (outcome.kind === "crashed") {
        throw new ToolError(
          "too_large",
          "the expression is nested too deep or needs too much memory; split it, use smaller numbers or matrices",
          { cause: outcome.cause },
        );
      }
      if (outcome.kind === "closed") throw new ToolError("cancelled", "the engine was closed");
      return readAnswer(outcome.value);
    },
    prepare: pool.prepare,
    close: () => pool.close(),
  };
}

/** By hand and not by zod, which takes as long to load as Node to start. */
function readAnswer(answer: unknown): { result: string; type: string } {
  if (!isJsonObject(answer)) throw new TypeError("the process for expressions answered with no object");
  const { result, type, code, message } = answer;
  if (typeof result === "string" && typeof type === "string") return { result, type };
  const known = errorCodes.find((one) => one === code);
  if (known === undefined || typeof message !== "string")
    throw new TypeError("its answer is neither a value nor an error");
  throw new ToolError(known, message);
}
