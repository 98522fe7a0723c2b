import type { JsonValue } from "../message.ts";
import { cutText } from "../text.ts";

/** A cell that is not too long as it is; a longer one, lists and objects as JSON, as its beginning and `…`. */
export function cutCell(cell: JsonValue, maxChars: number): JsonValue {
  if (cell === null || (typeof cell !== "object" && typeof cell !== "string")) return cell;
  const text = typeof cell === "string" ? cell : JSON.stringify(cell);
  return text.length <= maxChars ? cell : cutText(text, maxChars);
}
