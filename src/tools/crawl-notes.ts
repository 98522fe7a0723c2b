import { z } from "zod";
import { errorCodes } from "../errors.ts";
import type { CrawlState } from "../web/crawl/crawl.ts";

const found = z.object({
  urls: z.array(z.string()),
  depth: z.int(),
  parent: z.string().nullable(),
  isSitemap: z.boolean(),
});

/** What was noted with a row, as it comes back from the workspace. */
export const noteSchema = z.object({
  url: z.url(),
  aliases: z.array(z.string()),
  failure: z.object({ code: z.enum(errorCodes), message: z.string() }).nullable(),
  status: z.int().nullable(),
  sizeBytes: z.int().nullable(),
  sha256: z.string().nullable(),
  sitemapsRead: z.boolean(),
  found: z.array(found),
  closed: z.array(z.string()),
});

interface Bounds {
  maxPages: number;
  maxDepth: number;
  dataset: string;
}

/** What a crawl left out and why, one sentence each. */
export function crawlNotes(state: CrawlState, { maxPages, maxDepth, dataset }: Bounds): string[] {
  const { done, left, skipped, repeated, excessLinks, sitemapProblems, robotsRules } = state;
  const byRules = robotsRules.length === 0 ? "" : `, e.g. by ${robotsRules.join(" and ")}`;
  const count = (kind: Parameters<typeof skipped.get>[0]) => skipped.get(kind) ?? 0;
  const told: [number, string][] = [
    [
      done >= maxPages ? left : 0,
      `addresses are left: max_pages is ${maxPages}; go on with resume: "${dataset}" and a larger one`,
    ],
    [count("deep"), `addresses lie deeper than max_depth, which is ${maxDepth}`],
    [count("full"), "links more did not fit into the memory of the crawl"],
    [count("outside"), "addresses are on other sites; same_site: false follows them"],
    [count("excluded"), "addresses are not of the paths asked for"],
    [count("file"), "addresses are files by their extension; name it in include (*.pdf) to fetch them"],
    [count("robots"), `addresses are forbidden by robots.txt${byRules}`],
    [count("blocked"), "further addresses are on hosts that may not be visited"],
    [repeated, "addresses led to pages that were there already, by a redirect or their canonical address"],
    [count("queries"), "addresses were skipped: too many different queries of one path"],
    [count("repeats"), "addresses were skipped: paths too deep, or with one segment over and over"],
    [count("dates"), "addresses were skipped: too many pages of a calendar"],
    [count("sessions"), "addresses were skipped: too many with a session in the path"],
    [count("chain"), "addresses were skipped: more than 100 pages of one kind in a row, each leading to the next"],
    [count("hosts"), "addresses were skipped: too many hosts of one site"],
    [count("long"), "addresses were skipped: longer than 2,048 characters"],
    [count("copy"), "pages are copies of others, and their links were not followed"],
    [excessLinks, "links were left out on pages with more than 5,000, or with more than a million characters of them"],
  ];
  return [
    ...told.filter(([times]) => times > 0).map(([times, text]) => `${times.toLocaleString("en")} ${text}`),
    ...sitemapProblems.slice(0, 5),
    ...(sitemapProblems.length > 5 ? [`${sitemapProblems.length - 5} more problems with sitemaps`] : []),
  ];
}
