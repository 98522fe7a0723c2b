import { rm } from "node:fs/promises";

/** Files that someone in this process reads: one that is to go stays until nobody does. */
export interface HeldFiles {
  /** The result lets the file go. */
  hold(path: string): () => Promise<void>;
  /** Remove a file now, or once nobody holds it. */
  remove(path: string): Promise<void>;
}

export function openHeldFiles(): HeldFiles {
  const held = new Map<string, number>();
  const doomed = new Set<string>();
  return {
    hold(path) {
      held.set(path, (held.get(path) ?? 0) + 1);
      return async () => {
        const others = (held.get(path) ?? 1) - 1;
        if (others > 0) {
          held.set(path, others);
          return;
        }
        held.delete(path);
        if (doomed.delete(path)) await rm(path, { force: true });
      };
    },
    async remove(path) {
      if (held.has(path)) doomed.add(path);
      else await rm(path, { force: true });
    },
  };
}
