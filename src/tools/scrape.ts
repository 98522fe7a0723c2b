import { z } from "zod";
import type { Dataset, DatasetWriter } from "../data/dataset.ts";
import { ToolError, type ErrorCode } from "../errors.ts";
import { cutText } from "../text.ts";
import {
  checkSelections,
  maxUrlChars,
  pageColumns,
  pageFields,
  pageOrigin,
  pageResultFields,
  pageRow,
  pageSettings,
} from "./page-fields.ts";
import { openPageReport, progressMessage, type PageReport } from "./page-report.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const input = z.object({
  urls: z.array(z.string().min(1).max(maxUrlChars)).min(1).max(10_000).describe("absolute http(s) addresses"),
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
    const report = openPageReport(request.max_chars, startedAt);
    let dataset: Dataset;
    try {
      await writePages(request, context, { writer, report, startedAt });
      dataset = await writer.finish(report.origin("scrape", pageOrigin(request)));
    } catch (thrown) {
      await writer.discard();
      throw thrown;
    }
    return report.summary(dataset, columns);
  },
});

/** Everything that is wrong with the request is said before the first page is fetched. */
function checkUrls(urls: readonly string[]): void {
  for (const [index, url] of urls.entries()) {
    const parsed = URL.parse(url);
    if (parsed?.protocol === "http:" || parsed?.protocol === "https:") continue;
    const shown = cutText(url, 100);
    throw new ToolError("invalid_input", `urls[${index}]: "${shown}" is no absolute http or https address`);
  }
}

async function writePages(
  request: Input,
  context: ToolContext,
  { writer, report, startedAt }: { writer: DatasetWriter; report: PageReport; startedAt: number },
): Promise<void> {
  const total = request.urls.length;
  const failures = new Map<ErrorCode, number>();
  let done = 0;
  const pages = context.services.web.scrape(
    {
      urls: request.urls,
      ...pageSettings(request),
      onPage({ error }) {
        done += 1;
        if (error !== undefined) failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
        context.progress({ done, total, message: progressMessage({ fetched: done, startedAt }, failures) });
      },
    },
    context.signal,
  );
  for await (const page of pages) {
    const row = pageRow(page);
    await writer.write(row);
    report.addRow(row);
    report.addPage({ ...page, failure: page.error ?? null });
  }
}
