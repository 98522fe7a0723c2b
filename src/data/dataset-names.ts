import { ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";
import type { Column } from "./dataset.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { drawn } from "../taping.ts";

let lastTime = 0;

/** A new handle. Handles sort by the time they were made: 11 hex digits of milliseconds, then 5 random ones. */
export function newDatasetId(): string {
  return drawn("dataset", makeDatasetId);
}

function makeDatasetId(): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  return `ds_${lastTime.toString(16).padStart(11, "0")}${nodeCrypto().randomBytes(3).toString("hex").slice(0, 5)}`;
}

export function isDatasetId(text: string): boolean {
  return /^ds_[0-9a-f]{16}$/.test(text);
}

/** Whether a text can be the saved name of a dataset; anything else names a file. */
export function isSavedName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(text) && !isDatasetId(text.toLowerCase());
}

/** @throws ToolError `invalid_input` */
export function checkSavedName(name: string): void {
  if (isSavedName(name)) return;
  throw new ToolError(
    "invalid_input",
    `save_as: '${cutText(name, 80)}' is no name; use letters, digits and _, at most 63, not beginning with a digit`,
  );
}

/** @throws ToolError `invalid_input` for no column, or for two that SQL cannot tell apart. */
export function checkColumns(columns: readonly Column[]): void {
  const names = columns.map((column) => column.name.toLowerCase());
  const known = new Set<string>();
  const twice = names.find((name) => name === "" || known.size === known.add(name).size);
  if (names.length === 0) throw new ToolError("invalid_input", "a dataset has at least one column");
  if (twice !== undefined)
    throw new ToolError(
      "invalid_input",
      `two columns are named '${twice}', or one has no name; give each its own name`,
    );
}
