import { z } from "zod";
import type { GrowingDataset } from "../data/growing.ts";
import { ToolError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import { cutText } from "../text/text.ts";
import { normaliseAddress } from "../web/crawl/address.ts";
import type { Crawl, CrawlNote } from "../web/crawl/crawl.ts";
import { maxUrlChars } from "../web/web-url.ts";
import { crawlNotes, noteSchema } from "./crawl-notes.ts";
import {
  checkSelections,
  pageColumns,
  pageFields,
  pageResultFields,
  cutRow,
  encodedRow,
  pageSettings,
  shownRow,
} from "./page-fields.ts";
import { openPageReport, progressMessage, type PageReport } from "./page-report.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const pattern = z.string().min(1).max(500);
const startUrl = z.string().min(1).max(maxUrlChars);

const input = z.object({
  start_urls: z.array(startUrl).min(1).max(1_000).optional().describe("not needed with resume"),
  max_pages: z.int().min(1).max(100_000).default(100),
  max_depth: z.int().min(0).max(1_000).default(3).describe("links away from start_urls"),
  same_site: z.boolean().default(true).describe("stay on their registrable domains"),
  include: z.array(pattern).max(50).optional().describe("fetch only these paths, e.g. /docs/*; * is anything"),
  exclude: z.array(pattern).max(50).optional().describe("never these"),
  sitemap: z.boolean().default(true).describe("also pages of sitemaps"),
  resume: z.string().min(1).max(100).optional().describe("dataset of a crawl that was stopped, to go on with"),
  ...pageFields,
});
type Input = z.output<typeof input>;

/** Follow links from page to page and keep what the pages say as a dataset that survives a kill. */
export const crawl = defineTool({
  name: "crawl",
  description:
    "Follow links and sitemaps from start_urls, breadth first, into a dataset like scrape's with the columns depth and " +
    "parent. Every page is kept as it comes: a crawl that was stopped goes on with resume.",
  input,
  output: z.object({
    ...pageResultFields,
    notes: z.array(z.string()).optional().describe("what was left out and why"),
  }),
  hints: { openWorld: true, long: true },
  async run(sent, context) {
    const startedAt = Date.now();
    const report = openPageReport(startedAt);
    const opened =
      sent.resume === undefined ? await begin(sent, context) : await resume(sent, sent.resume, context, report);
    const { request, growing, earlier } = opened;
    const keep = (unfinished: boolean) =>
      growing.finish(report.origin("crawl", { request: toStored(request) }), unfinished);
    let run: Crawl | undefined;
    try {
      run = await context.services.web.crawl({ ...toCrawl(request, earlier), id: growing.id }, context.signal);
      await writePages(run, context, {
        growing,
        report,
        startedAt,
        maxPages: request.max_pages,
        maxChars: sent.max_chars,
      });
    } catch (thrown) {
      const { rowCount } = await keep(true);
      const kept = `${rowCount} pages are kept as ${growing.id}; go on with resume: "${growing.id}"`;
      if (context.signal.aborted)
        throw new ToolError("cancelled", `the crawl was cancelled; ${kept}`, { cause: thrown });
      if (thrown instanceof ToolError)
        throw new ToolError(thrown.code, `${thrown.message}; ${kept}`, { cause: thrown });
      throw thrown;
    }
    const state = run.state();
    const mayGoOn = state.left > 0 || (state.skipped.get("deep") ?? 0) > 0;
    const dataset = await keep(mayGoOn);
    const notes = crawlNotes(state, { maxPages: request.max_pages, maxDepth: request.max_depth, dataset: dataset.id });
    return { ...report.summary(dataset, dataset.columns), ...(notes.length === 0 ? {} : { notes }) };
  },
});

interface Opened {
  request: Input;
  growing: GrowingDataset;
  earlier: AsyncIterable<CrawlNote>;
}

async function begin(request: Input, context: ToolContext): Promise<Opened> {
  const columns = crawlColumns(request);
  checkStarts(request.start_urls);
  await checkSelections(request, columns, context);
  // Before anything is written, what is wrong with the patterns is said.
  await context.services.web.crawl(toCrawl(request, none()), context.signal);
  const origin = { tool: "crawl", request: toStored(request) };
  const growing = await context.services.datasets.grow(columns, { origin, saveAs: request.save_as });
  return { request, growing, earlier: none() };
}

/** A crawl goes on as it began; how fast and how far may be changed. */
async function resume(sent: Input, handle: string, context: ToolContext, report: PageReport): Promise<Opened> {
  const { datasets } = context.services;
  const found = await datasets.find(handle);
  const stored = found === undefined ? undefined : input.safeParse(found.origin["request"]).data;
  if (found !== undefined && (found.origin["tool"] !== "crawl" || stored === undefined))
    throw new ToolError("invalid_input", `resume: ${cutText(handle, 100)} was not made by crawl`);
  const request = stored === undefined ? sent : goOn(stored, sent);
  const { growing, notes, firstRows } = await datasets.resume(handle, sent.save_as);
  for (const row of firstRows) report.addRow(cutRow(row, crawlColumns(request), sent.max_chars));
  async function* earlier(): AsyncGenerator<CrawlNote> {
    for await (const note of notes) {
      const parsed = noteSchema.parse(note);
      report.addPage(parsed);
      yield parsed;
    }
  }
  return { request, growing, earlier: earlier() };
}

const changeable = ["max_pages", "max_depth", "concurrency", "per_host", "timeout_s"] as const;
const fixed = [
  "start_urls",
  "same_site",
  "include",
  "exclude",
  "sitemap",
  "extract",
  "select",
  "respect_robots",
  "render",
] as const;

/** What a call does not name has its default, so that only other values count as named. */
function goOn(stored: Input, sent: Input): Input {
  const defaults = input.parse({});
  const differs = (name: keyof Input) => JSON.stringify(sent[name]) !== JSON.stringify(defaults[name]);
  const wrong = fixed.find((name) => differs(name) && JSON.stringify(sent[name]) !== JSON.stringify(stored[name]));
  if (wrong !== undefined)
    throw new ToolError("invalid_input", `${wrong}: a crawl goes on with what it began with; leave it out with resume`);
  const changed = Object.fromEntries(changeable.filter(differs).map((name) => [name, sent[name]]));
  return { ...stored, max_chars: sent.max_chars, ...changed };
}

async function* none(): AsyncGenerator<never> {}

function checkStarts(urls: readonly string[] | undefined): void {
  if (urls === undefined)
    throw new ToolError("invalid_input", "start_urls: where does the crawl start? Or name a dataset in resume");
  const index = urls.findIndex((url) => normaliseAddress(url) === undefined);
  if (index < 0) return;
  throw new ToolError(
    "invalid_input",
    `start_urls[${index}]: "${cutText(urls[index] ?? "", 100)}" is no absolute http or https address without a user name`,
  );
}

function crawlColumns(request: Input) {
  return pageColumns(request, [
    { name: "depth", type: "INTEGER" },
    { name: "parent", type: "VARCHAR" },
  ]);
}

function toStored({ resume: _resume, save_as: _name, max_chars: _chars, ...request }: Input): JsonObject {
  return JSON.parse(JSON.stringify(request)) as JsonObject;
}

function toCrawl(request: Input, earlier: AsyncIterable<CrawlNote>) {
  return {
    ...pageSettings(request),
    startUrls: request.start_urls ?? [],
    maxPages: request.max_pages,
    maxDepth: request.max_depth,
    sameSite: request.same_site,
    include: request.include ?? [],
    exclude: request.exclude ?? [],
    sitemap: request.sitemap,
    earlier,
  };
}

interface Writing {
  growing: GrowingDataset;
  report: PageReport;
  startedAt: number;
  maxPages: number;
  maxChars: number;
}

async function writePages(
  run: Crawl,
  { progress }: ToolContext,
  { growing, report, startedAt, maxPages, maxChars }: Writing,
): Promise<void> {
  const before = run.state().done;
  const dataset = growing.id;
  progress({ done: before, message: `kept as ${dataset} from the first page on`, dataset });
  for await (const page of run.pages) {
    const more = [page.depth, page.parent];
    await growing.writeEncoded(encodedRow(page, more), page.note);
    report.addRow(shownRow(page, maxChars, more));
    report.addPage(page.note);
    const { done, left, failuresByCode } = run.state();
    const message = `${progressMessage({ fetched: done - before, startedAt }, failuresByCode)}, ${left} waiting`;
    progress({ done, total: Math.min(maxPages, done + left), message, dataset });
  }
}
