import type { Duplex } from "node:stream";
import { errorCodes, type ErrorCode } from "../errors.ts";
import { readLines } from "../text/lines.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import type { Progress, ToolResult } from "../tools/tool.ts";

/** Results and inputs are bounded far below this; a longer line is a defect. */
const maxLineBytes = 64 * 1024 * 1024;

/** Read one JSON object a line. A line that is none ends the connection: both ends are this program. */
export function readFrames(
  stream: Duplex,
  reader: { onFrame: (frame: JsonObject) => void; onClosed: () => void },
): void {
  readLines(stream, maxLineBytes, {
    onLine(line) {
      const frame = parseFrame(line);
      if (frame === undefined) stream.destroy();
      else reader.onFrame(frame);
    },
    onTooLong: () => stream.destroy(),
    onEnd: () => stream.end(),
  });
  stream.on("error", () => stream.destroy()); // the other end is gone: `close` follows and says so to the callers
  stream.on("close", reader.onClosed);
}

function parseFrame(line: string): JsonObject | undefined {
  try {
    const frame: unknown = JSON.parse(line);
    return isJsonObject(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

export function send(stream: Duplex, frame: unknown): void {
  if (stream.writable) stream.write(`${JSON.stringify(frame)}\n`);
}

export function isProgress(value: unknown): value is Progress & JsonObject {
  return isJsonObject(value) && typeof value["done"] === "number";
}

export function isToolResult(value: unknown): value is ToolResult & JsonObject {
  if (!isJsonObject(value)) return false;
  if (value["ok"] === true) return isJsonObject(value["value"]);
  return typeof value["message"] === "string" && errorCodes.includes(value["code"] as ErrorCode);
}
