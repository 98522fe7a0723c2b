import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import type { Fetched } from "../exchange.ts";
import type { WholeBody } from "../page-body.ts";
import type { PageRun } from "../page-run.ts";
import type { Pages } from "../pages.ts";
import { normaliseAddress } from "./address.ts";
import { maxSitemapBytes } from "./read-sitemap.ts";

export interface SitemapSearch {
  run: PageRun;
  pages: Pages;
  signal: AbortSignal;
  /** Whether a sitemap belongs to the crawl. */
  isInSite: (url: URL) => boolean;
  /** Takes the pages that a sitemap lists. */
  onPages: (urls: readonly string[], sitemap: string) => void;
  /** Whether more pages are of use. */
  wantsMore: () => boolean;
  /** Told of each that cannot be read, one sentence. */
  onProblem: (problem: string) => void;
}

/** Indexes may list indexes, and 50,000 sitemaps each. */
const maxIndexDepth = 3;
const maxSitemaps = 500;
const maxAtOnce = 2;

interface Listed {
  url: string;
  depth: number;
  /** Guessed, not named by anybody: it need not be there. */
  isGuess: boolean;
}

/** Read the sitemaps of some sites: those that robots.txt names, else `/sitemap.xml`. */
export async function readSitemaps(origins: readonly string[], search: SitemapSearch): Promise<void> {
  const queue: Listed[] = [];
  const known = new Set<string>();

  function add(listed: Listed): void {
    const url = URL.parse(listed.url);
    if (url === null || known.has(listed.url) || !search.isInSite(url)) return;
    known.add(listed.url);
    if (known.size <= maxSitemaps) queue.push(listed);
    else if (known.size === maxSitemaps + 1) search.onProblem(`only the first ${maxSitemaps} sitemaps were read`);
  }

  async function readNext(): Promise<void> {
    for (let listed = queue.shift(); listed !== undefined && search.wantsMore(); listed = queue.shift()) {
      for (const found of await readOne(listed, search)) add(found);
    }
  }

  for (const origin of new Set(origins)) {
    const named = await search.run.robots.sitemaps(new URL(origin));
    const urls = named.flatMap((url) => normaliseAddress(url, origin) ?? []);
    for (const url of urls) add({ url, depth: 0, isGuess: false });
    if (urls.length === 0) add({ url: `${origin}/sitemap.xml`, depth: 0, isGuess: true });
  }
  while (queue.length > 0 && search.wantsMore()) await Promise.all(Array.from({ length: maxAtOnce }, readNext));
}

/** Gives the sitemaps that an index lists. */
async function readOne(listed: Listed, search: SitemapSearch): Promise<Listed[]> {
  const { url } = listed;
  try {
    return await search.run.fetch(url, maxSitemapBytes, (fetched) => readFetched(listed, fetched, search));
  } catch (thrown) {
    search.signal.throwIfAborted();
    if (!(thrown instanceof ToolError)) throw thrown;
    search.onProblem(`the sitemap ${cutText(url, 200)} could not be read: ${cutText(thrown.message, 200)}`);
    return [];
  }
}

async function readFetched(
  { url, depth, isGuess }: Listed,
  fetched: Fetched<WholeBody>,
  search: SitemapSearch,
): Promise<Listed[]> {
  if (!fetched.ok && isGuess) return [];
  if (!fetched.ok) throw fetched.error;
  if (!search.isInSite(new URL(fetched.finalUrl))) return [];
  const { contentType, contentEncoding, bytes } = fetched.body;
  // A page that is sent in place of what is missing is no sitemap.
  if (isGuess && /^text\/html/i.test(contentType)) return [];
  const task = { address: fetched.finalUrl, contentType, contentEncoding, maxBytes: maxSitemapBytes, bytes };
  const answer = await search.pages.readSitemap(task, search.signal);
  if (!answer.ok) throw new ToolError(answer.code, answer.message);
  const { pages, sitemaps, isCut } = answer.sitemap;
  search.onPages(pages, url);
  if (isCut) search.onProblem(`of the sitemap ${cutText(url, 200)} only the first 50,000 addresses were read`);
  if (depth < maxIndexDepth) return sitemaps.map((one) => ({ url: one, depth: depth + 1, isGuess: false }));
  if (sitemaps.length > 0) search.onProblem(`the sitemaps in ${cutText(url, 200)} are nested too deeply`);
  return [];
}
