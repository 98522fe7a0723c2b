import type { Stats } from "node:fs";
import { start, type Position } from "./record.ts";

/** How far the files of sessions were read, so that an append reads only what is new. */
export interface Positions {
  /** The beginning where the file is not known, or is no longer the same. */
  recall(id: string, stats: Stats): Position;
  remember(id: string, stats: Stats, position: Position): void;
}

/** Remembers the `limit` sessions that were written to last. */
export function openPositions(limit: number): Positions {
  const known = new Map<string, Position & { file: string }>();
  return {
    recall(id, stats) {
      const position = known.get(id);
      const isSame = position !== undefined && position.file === identityOf(stats) && position.offset <= stats.size;
      return isSame ? position : start;
    },
    remember(id, stats, position) {
      known.delete(id);
      known.set(id, { file: identityOf(stats), ...position });
      const [oldest] = known.keys();
      if (known.size > limit && oldest !== undefined) known.delete(oldest);
    },
  };
}

/** The number of a deleted file is given to the next one, hence the time. */
function identityOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}
