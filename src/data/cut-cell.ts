import type { JsonValue } from "../message.ts";
import { cutText } from "../text/text.ts";

/** Longer cells are cut and end in `…`; the whole value is in the dataset. */
export const maxCellChars = 20_000;

/** All rows of an answer together. */
export const maxRowsChars = 400_000;

/** A cell that is not too long as it is; a longer one, lists and objects as JSON, as its beginning and `…`. */
export function cutCell(cell: JsonValue, maxChars: number): JsonValue {
  if (cell === null || (typeof cell !== "object" && typeof cell !== "string")) return cell;
  const text = typeof cell === "string" ? cell : JSON.stringify(cell);
  return text.length <= maxChars ? cell : cutText(text, maxChars);
}
