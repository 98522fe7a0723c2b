import { errorCodes, errorMessage, systemErrorCode, ToolError } from "../errors.ts";
import type { Failure } from "./lines.ts";

/** What a recording keeps of an error: what callers tell errors apart by. */
export function toFailure(thrown: unknown): Failure {
  const first = thrown instanceof AggregateError && thrown.errors.length > 0 ? (thrown.errors[0] as unknown) : thrown;
  const message = errorMessage(thrown) || errorMessage(first);
  if (thrown instanceof ToolError) return { name: thrown.name, message, tool: thrown.code };
  const code = systemErrorCode(thrown) ?? systemErrorCode(first);
  return { name: thrown instanceof Error ? thrown.name : "Error", message, ...(code === undefined ? {} : { code }) };
}

export function fromFailure({ name, message, code, tool }: Failure): Error {
  const known = errorCodes.find((one) => one === tool);
  if (known !== undefined) return new ToolError(known, message);
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}
