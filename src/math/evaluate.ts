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
