/** What `setTimeout` can wait for, 24.8 days; it takes more for a millisecond. */
const longestMs = 2 ** 31 - 1;

/** Call `late` after so long; a time that is longer than any timer's is no limit. The result stops it. */
export function startTimer(late: () => void, afterMs: number): () => void {
  if (afterMs > longestMs) return () => undefined;
  const timer = setTimeout(late, afterMs);
  return () => clearTimeout(timer);
}
