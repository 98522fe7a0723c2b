import { z } from "zod";
import type { DatasetWriter } from "../data/dataset-writer.ts";
import { ToolError, type ErrorCode } from "../errors.ts";
import { cutText } from "../text/text.ts";
import type { ScrapedPage } from "../web/scrape.ts";
import { isWebUrl } from "../web/web-url.ts";
import {
  checkSelections,
  pageColumns,
  pageFields,
  pageOrigin,
  pageResultFields,
  encodedRow,
  pageSettings,
  shownRow,
} from "./page-fields.ts";
import { openPageReport, progressMessage, type PageReport } from "./page-report.ts";
import { secureRegularly } from "./secure-rows.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const input = z.object({
  urls: z.array(z.string()).min(1).max(10_000).describe("absolute http(s) addresses"),
  ...pageFields,
});
type Input = z.output<typeof input>;

/** Fetch many web pages at once and keep what they say as a dataset: one row an address, in the order given. */
export const scrape = defineTool({
  name: "scrape",
  description:
    "Fetch web pages, up to 10,000 in one call, into a dataset: one row per URL in the order given, failures included. " +
    "Pass all URLs at once. The result shows the first rows; query the dataset with query_data.",
  input,
  output: z.object(pageResultFields),
  hints: { openWorld: true, long: true },
  async run(request, context) {
    const startedAt = Date.now();
    const columns = pageColumns(request);
    checkUrls(request.urls);
    await checkSelections(request, columns, context);
    const writer = await context.services.datasets.create(columns, request.save_as);
    const report = openPageReport(startedAt);
    const writing = { writer, report, maxChars: request.max_chars };
    const finish = () => writer.finish(report.origin("scrape", pageOrigin(request)));
    /** Pages that are there, and wait for those before them. */
    const ahead = new Map<number, ScrapedPage>();
    try {
      await writePages(request, context, { ...writing, startedAt, ahead });
    } catch (thrown) {
      if (context.signal.aborted) for (const page of inOrder(ahead)) await writePage(page, writing);
      if (!context.signal.aborted || report.count() === 0) {
        await writer.discard();
        throw thrown;
      }
      const kept = await finish();
      const message = `scrape was cancelled; ${kept.rowCount} of ${request.urls.length} pages are kept as ${kept.id}`;
      throw new ToolError("cancelled", message, { cause: thrown });
    }
    return report.summary(await finish(), columns);
  },
});

/** One address that is none costs no page; a list of nothing else is a mistake. */
function checkUrls(urls: readonly string[]): void {
  if (urls.some(isWebUrl)) return;
  throw new ToolError(
    "invalid_input",
    `urls[0]: "${cutText(urls[0] ?? "", 100)}" is no absolute http or https address`,
  );
}

function inOrder(pages: ReadonlyMap<number, ScrapedPage>): ScrapedPage[] {
  return [...pages].toSorted(([a], [b]) => a - b).map(([, page]) => page);
}

interface Writing {
  maxChars: number;
  writer: DatasetWriter;
  report: PageReport;
}

async function writePage(page: ScrapedPage, { writer, report, maxChars }: Writing): Promise<void> {
  await writer.writeEncoded(encodedRow(page));
  report.addRow(shownRow(page, maxChars));
  report.addPage({ ...page, failure: page.error ?? null });
}

async function writePages(
  request: Input,
  context: ToolContext,
  { startedAt, ahead, ...writing }: Writing & { startedAt: number; ahead: Map<number, ScrapedPage> },
): Promise<void> {
  const total = request.urls.length;
  const failures = new Map<ErrorCode, number>();
  let done = 0;
  let dataset: string | undefined;
  const tell = () => {
    const message = progressMessage({ fetched: done, startedAt }, failures);
    context.progress({ done, total, message, ...(dataset !== undefined && { dataset }) });
  };
  const pages = context.services.web.scrape(
    {
      urls: request.urls,
      ...pageSettings(request),
      onPage(page, order) {
        const { error } = page;
        ahead.set(order, page);
        done += 1;
        if (error !== undefined) failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
        tell();
      },
    },
    context.signal,
  );
  const securing = secureRegularly({
    writer: writing.writer,
    origin: { tool: "scrape", ...pageOrigin(request), requested: total },
    ahead,
    toRow: encodedRow,
    onSecure(id) {
      const isNew = dataset === undefined;
      dataset = id;
      if (isNew) tell();
    },
  });
  try {
    let next = 0;
    for await (const page of pages) {
      ahead.delete(next++);
      await writePage(page, writing);
    }
  } finally {
    await securing.stop();
  }
}
