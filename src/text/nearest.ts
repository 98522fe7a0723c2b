/** ` (did you mean a or b?)`, or nothing where no candidate is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  return suggestion(nearest(name, candidates));
}

/** ` (did you mean a or b?)`, or nothing where there are none. */
export function suggestion(near: readonly string[]): string {
  return near.length === 0 ? "" : ` (did you mean ${near.join(" or ")}?)`;
}

/** Of names that are long enough to be meant; more would take too long. */
const maxCompared = 1_000;

/** The candidates that a mistyped name may have meant, best first, at most three. */
export function nearest(name: string, candidates: readonly string[]): string[] {
  const wanted = name.toLowerCase().slice(0, 64);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return candidates
    .filter((candidate) => candidate.length >= wanted.length - limit)
    .slice(0, maxCompared)
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate.toLowerCase().slice(0, 64)) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Edits, one of which may swap two neighbours; zero where the candidate begins with what was typed (at least three characters). */
function distanceTo(wanted: string, candidate: string): number {
  if (wanted.length >= 3 && candidate.startsWith(wanted)) return 0;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: candidate.length + 1 }, (_, index) => index);
  for (const [row, character] of [...wanted].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...candidate].entries()) {
      const insert = (current[column] ?? 0) + 1;
      const remove = (previous[column + 1] ?? 0) + 1;
      const replace = (previous[column] ?? 0) + (character === other ? 0 : 1);
      const isSwapped = row > 0 && character === candidate[column - 1] && wanted[row - 1] === other;
      const swap = isSwapped ? (beforePrevious[column - 1] ?? 0) + 1 : Infinity;
      current.push(Math.min(insert, remove, replace, swap));
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous.at(-1) ?? 0;
}
