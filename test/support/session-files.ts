import { createHash } from "node:crypto";
import { join } from "node:path";

/** Where the file store keeps a session. Spelt out here, because files must be found again after every upgrade. */
export function fileOf(folder: string, id: string): string {
  return join(folder, `${createHash("sha256").update(id).digest("hex").slice(0, 32)}.jsonl`);
}
