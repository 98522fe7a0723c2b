import { ConfigError } from "../../errors.ts";
import { isJsonObject } from "../../message.ts";
import type { Entries, Place, ServerEntry } from "./entry.ts";
import { meansTheSame } from "./means-the-same.ts";
import { keepingMark, withoutMark } from "./settings-file.ts";

export interface Editing {
  entries: Entries;
  place: Place;
}

interface Registered extends Editing {
  /** What stands under the name now. */
  entry: unknown;
}

export interface Undone {
  /** `restored`: the whole text; `returned`: what stood under the name; `removed`: nothing stands there. */
  done: "restored" | "returned" | "removed";
  /** Undefined where there was no file. */
  after: string | undefined;
  /** Whether the copy has what could not be put back. */
  isCopyNeeded: boolean;
}

/** @param asked.copied the settings as they were before; undefined where nothing was kept */
export function undo(
  text: string,
  { entries, place, entry, copied }: Registered & { copied: string | undefined },
): Undone {
  const set = (into: string, value: ServerEntry) => keepingMark(into, (bare) => entries.set(bare, place, value));
  const removed = () => keepingMark(text, (bare) => entries.remove(bare, place));
  const earlier = copied === undefined ? undefined : attempt(() => earlierEntry(copied, { entries, place }));
  if (copied !== undefined && earlier === undefined) return { done: "removed", after: removed(), isCopyNeeded: true };
  if (isJsonObject(entry) && attempt(() => set(copied ?? "", entry)) === text) {
    return { done: "restored", after: copied, isCopyNeeded: false };
  }
  const value = earlier?.entry;
  if (value === undefined) return { done: "removed", after: removed(), isCopyNeeded: false };
  const after = isJsonObject(value) ? attempt(() => set(text, value)) : undefined;
  if (after === undefined) return { done: "removed", after: removed(), isCopyNeeded: true };
  return { done: "returned", after, isCopyNeeded: false };
}

/** Whether a copy has something under the name that would be lost with it. */
export function holdsAnother(copied: string, { entries, place, entry }: Registered): boolean {
  const earlier = attempt(() => earlierEntry(copied, { entries, place }));
  return earlier === undefined || (earlier.entry !== undefined && !meansTheSame(earlier.entry, entry));
}

function earlierEntry(copied: string, { entries, place }: Editing): { entry: unknown } {
  return { entry: entries.read(withoutMark(copied), place) };
}

/** Undefined for a text that cannot be read or edited. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof ConfigError) return undefined;
    throw thrown;
  }
}
