/** What a batch of rows takes before it is handed on. */
const batchChars = 256 * 1024;

/** Collects rows to be handed on together. */
export interface RowBatch {
  /** Whether it is time to hand on. */
  add(row: string[]): boolean;
  /** The rows so far; the next one begins a new batch. */
  drain(): string[][];
}

export function openRowBatch(): RowBatch {
  let rows: string[][] = [];
  let chars = 0;
  return {
    add(row) {
      rows.push(row);
      for (const text of row) chars += text.length + 4;
      return chars >= batchChars;
    },
    drain() {
      const drained = rows;
      rows = [];
      chars = 0;
      return drained;
    },
  };
}
