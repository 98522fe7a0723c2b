import { ToolError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import type { Image, ToolResult } from "./tool.ts";

/**
 * The result of a tool's work: its value, done, or the code and message of the `ToolError` that it threw.
 *
 * @throws the signal's reason once it aborts, unless the work ended with a `cancelled` of its own; whatever is no
 * `ToolError`
 */
export async function outcomeOf(
  signal: AbortSignal,
  work: (attach: (image: Image) => void) => Promise<JsonObject>,
): Promise<ToolResult> {
  try {
    const images: Image[] = [];
    const value = { status: "done", ...(await work((image) => void images.push(image))) };
    return images.length === 0 ? { ok: true, value } : { ok: true, value, images };
  } catch (thrown) {
    // What was cancelled may have left something that is worth knowing.
    const isTold = thrown instanceof ToolError && thrown.code === "cancelled" && thrown !== signal.reason;
    if (isTold) return { ok: false, code: thrown.code, message: thrown.message };
    signal.throwIfAborted();
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    throw thrown;
  }
}
