import { ToolError } from "../errors.ts";

interface CheckedRun {
  prompt?: string | undefined;
  maxTurns?: number | undefined;
  maxUsd?: number | undefined;
}

/**
 * Before anything is asked or stored.
 *
 * @throws ToolError `invalid_input` or `too_large`
 */
export function checkRun(run: CheckedRun): void {
  if (run.prompt !== undefined) checkPrompt(run.prompt);
  checkRunLimits(run);
}

/** More than any model reads. */
const maxPromptChars = 4_000_000;

function checkPrompt(prompt: string): void {
  if (prompt.trim() === "") throw new ToolError("invalid_input", "the prompt is empty; say what is to be done");
  if (prompt.length <= maxPromptChars) return;
  const message = `the prompt has ${prompt.length} characters, at most ${maxPromptChars} are taken; put what is to be read into a file and name it`;
  throw new ToolError("too_large", message);
}

function checkRunLimits({ maxTurns = 1, maxUsd = 1 }: CheckedRun): void {
  if (!(maxTurns >= 1)) throw new ToolError("invalid_input", `maxTurns is ${maxTurns}; it must be at least 1`);
  if (!(maxUsd > 0)) throw new ToolError("invalid_input", `maxUsd is ${maxUsd}; it must be more than 0`);
}
