import type { ErrorCode } from "../../errors.ts";
import type { Held, Surroundings } from "../page-run.ts";
import type { CrawledPage, CrawlNote, CrawlRequest, CrawlState } from "./crawl.ts";
import type { Frontier } from "./frontier.ts";
import type { Scope } from "./scope.ts";

/** A page that may become a row. */
export type VisitedPage = Omit<CrawledPage, "note"> & Held;

/** What the parts of a crawl share. */
export interface Course {
  request: CrawlRequest;
  around: Surroundings;
  scope: Scope;
  frontier: Frontier;
  copies: Map<string, number>;
  counts: {
    done: number;
    failed: number;
    repeated: number;
    excessLinks: number;
    /** Visits under way, and pages that are not taken yet. */
    open: number;
  };
  failuresByCode: Map<ErrorCode, number>;
  sitemapsRead: boolean;
  sitemapProblems: string[];
  /** The first rules of robots.txt that kept the crawl from a page. */
  robotsRules: Set<string>;
  /** Addresses that get no row; that they are done with is told with the next row. */
  closed: string[];
}

export function stateOf({ counts, frontier, failuresByCode, sitemapProblems, robotsRules }: Course): CrawlState {
  const { open, ...counted } = counts;
  const left = frontier.waiting() + open;
  const skipped = frontier.skipped();
  return { ...counted, failuresByCode, left, skipped, sitemapProblems, robotsRules: [...robotsRules] };
}

/** Bring the crawl to where it was after a page. */
export function replay(course: Course, note: CrawlNote): void {
  const { frontier } = course;
  for (const found of note.found) frontier.offer(found);
  for (const url of [...note.closed, ...note.aliases]) frontier.close(url);
  frontier.read(note.url, note.failure !== null);
  frontier.takeEvents();
  course.sitemapsRead ||= note.sitemapsRead;
  if (note.failure?.code === "blocked_address") frontier.block(new URL(note.url).host);
  count(course, note.failure?.code);
}

/** A page becomes a row: from now on it is never fetched again. */
export function finish(course: Course, page: VisitedPage): CrawledPage {
  const { url, status, sizeBytes, sha256, error } = page;
  const aliases = course.frontier.read(url, error !== undefined);
  count(course, error?.code);
  const failure = error === undefined ? null : { code: error.code, message: error.message };
  const { sitemapsRead } = course;
  const note = { url, aliases, failure, status, sizeBytes, sha256, sitemapsRead, ...course.frontier.takeEvents() };
  return { ...page, note };
}

function count({ counts, failuresByCode }: Course, code: ErrorCode | undefined): void {
  counts.done += 1;
  if (code === undefined) return;
  counts.failed += 1;
  failuresByCode.set(code, (failuresByCode.get(code) ?? 0) + 1);
}
