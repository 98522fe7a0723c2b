import type { PageRow } from "./jobs.ts";
import type { RoughUrl } from "./site.ts";

/** What came of pages of which some are broken, busy or hostile. */
export interface Verdict {
  /** Addresses of which nothing is told. */
  lost: number;
  inOrder: boolean;
  /** Pages that are there to be read, and were. */
  read: number;
  readable: number;
  /** What is no page, or not all of it, and was taken for one. */
  mistaken: number;
  /** What differs from what is expected, by kind of page, the most frequent first. */
  kinds: string[];
}

/** @param withCodes whether failures must have the status and the code that axoner gives them */
export function judge(asked: readonly RoughUrl[], rows: readonly PageRow[], withCodes: boolean): Verdict {
  const byUrl = new Map(rows.map((row) => [row.url, row]));
  const counts = new Map<string, number>();
  const verdict = { lost: 0, read: 0, readable: 0, mistaken: 0 };
  for (const { url, kind, expected } of asked) {
    const row = byUrl.get(url);
    const title = row?.title ?? undefined;
    const isFailure = row !== undefined && typeof row.error === "string";
    if (row === undefined) verdict.lost += 1;
    let isRight = false;
    if ("title" in expected) {
      verdict.readable += 1;
      isRight = title === expected.title;
      if (isRight) verdict.read += 1;
    } else {
      isRight = isFailure && (!withCodes || (row.status === expected.status && codeOf(row) === expected.code));
      if (row !== undefined && !isFailure) verdict.mistaken += 1;
    }
    const found = withCodes && isFailure ? `${kind} (${row.status}, ${codeOf(row)})` : kind;
    if (!isRight) counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  const kinds = [...counts].toSorted(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`);
  const inOrder = asked.every(({ url }, at) => rows[at]?.url === url);
  return { ...verdict, inOrder, kinds };
}

function codeOf({ error }: PageRow): string {
  return (error ?? "").split(":", 1)[0] ?? "";
}
