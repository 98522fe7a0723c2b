/** The type of a column of delimited text by a sample of its cells, where no better guess is at hand. */
export function inferType(cells: readonly string[]): string {
  const filled = cells.filter((cell) => cell.trim() !== "");
  return filled.length === 0 ? "VARCHAR" : fittingType("BIGINT", filled);
}

/**
 * The type that keeps every digit of the sampled cells. DuckDB's guess stands unless it would strip leading zeros,
 * round a long integer or fail on a cell: then numbers widen, and what is no number is read as text.
 */
export function fittingType(guess: string, cells: readonly string[]): string {
  if (guess !== "BIGINT" && guess !== "DOUBLE") return guess;
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== "");
  if (filled.some((cell) => hasLeadingZero(cell) || !isNumber(cell))) return "VARCHAR";
  if (filled.every(isInteger)) {
    if (filled.every(fitsBigint)) return guess;
    return filled.every((cell) => cell.length <= 38) ? "HUGEINT" : "VARCHAR";
  }
  return filled.some((cell) => isInteger(cell) && !Number.isSafeInteger(Number(cell))) ? "VARCHAR" : "DOUBLE";
}

function hasLeadingZero(cell: string): boolean {
  return /^[+-]?0\d+$/.test(cell);
}

function isInteger(cell: string): boolean {
  return /^[+-]?\d+$/.test(cell);
}

function isNumber(cell: string): boolean {
  return /^[+-]?((\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|nan|inf(inity)?)$/i.test(cell);
}

function fitsBigint(cell: string): boolean {
  if (cell.length > 20) return false;
  const value = BigInt(cell.replace("+", ""));
  return BigInt.asIntN(64, value) === value;
}
