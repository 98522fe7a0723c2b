/**
 * The beginning of a line that takes at most so many columns. Characters beyond ASCII are counted as two, as some of them
 * are: a line that is a little too short does no harm, and one that is broken by the terminal does.
 */
export function withinColumns(line: string, columns: number): string {
  if (/^[\x20-\x7e]*$/.test(line)) return line.slice(0, Math.max(0, columns));
  let left = columns;
  let shown = "";
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    left -= /^[\x20-\x7e]$/.test(segment) ? 1 : 2;
    if (left < 0) break;
    shown += segment;
  }
  return shown;
}

/** How many rows a line of so many columns takes. */
export function rowsOf(lineColumns: number, columns: number): number {
  return Math.max(1, Math.ceil(lineColumns / Math.max(1, columns)));
}

/** Take back so many rows, in the last of which the cursor stands. */
export function erasing(rows: number): string {
  return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ""}\u001b[J`;
}
