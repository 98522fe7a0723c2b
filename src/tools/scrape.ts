import { z } from "zod";
import type { Column, Dataset, DatasetWriter } from "../data/dataset.ts";
import { ToolError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { cutText } from "../text.ts";
import { extracts } from "../web/extract.ts";
import { metadataType } from "../web/metadata.ts";
import type { ScrapedPage } from "../web/scrape.ts";
import { previewRows } from "./preview.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const previewedRows = 50;
const listedFailures = 20;
/** Of all listed failures together. */
const failureChars = 8_000;
const maxUrlChars = 4_096;

const selection = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,59}$/, "must be letters, digits and _")
    .describe("column to make"),
  css: z.string().min(1).max(500).describe("CSS selector"),
  attr: z.string().min(1).max(60).optional().describe("attribute to take instead of the text, e.g. href"),
  many: z.boolean().default(false).describe("all matches as a list instead of the first"),
});

const input = z.object({
  urls: z.array(z.string().min(1).max(maxUrlChars)).min(1).max(10_000).describe("absolute http(s) addresses"),
  extract: z
    .enum(extracts)
    .default("markdown")
    .describe("what goes into the column content; rows of tables are maps by column"),
  select: z.array(selection).max(50).optional().describe("a column for each, e.g. {name: price, css: .price}"),
  concurrency: z.int().min(1).max(256).default(64).describe("pages at once"),
  per_host: z.int().min(1).max(64).default(4).describe("pages at once from one host"),
  timeout_s: z.number().min(0.1).max(300).default(20).describe("for one page with its retries"),
  respect_robots: z.boolean().default(true).describe("obey robots.txt"),
  render: z.enum(["never"]).default("never").describe("pages are not run as a browser would"),
  max_chars: z.int().min(1).max(20_000).default(1_000).describe("of a cell in the preview; the dataset keeps all"),
  save_as: z.string().min(1).max(100).optional().describe("name for the dataset"),
});
type Input = z.output<typeof input>;

const output = z.object({
  dataset: z.string(),
  dataset_path: z.string(),
  dataset_format: z.string(),
  columns: z.array(z.string()),
  types: z.array(z.string()),
  rows: z.array(z.array(z.unknown())).describe("the first rows"),
  row_count: z.int(),
  truncated: z.boolean().describe("whether rows or parts of cells are only in the dataset"),
  ok: z.int(),
  failed: z.int(),
  failures: z.array(z.object({ url: z.string(), code: z.string(), message: z.string() })).describe("the first of them"),
  elapsed_ms: z.int(),
});

/** Fetch many web pages at once and keep what they say as a dataset: one row an address, in the order given. */
export const scrape = defineTool({
  name: "scrape",
  description:
    "Fetch web pages, up to 10,000 in one call, into a dataset: one row per URL in the order given, failures included. " +
    "Pass all URLs at once. The result shows the first rows; query the dataset with query_data.",
  input,
  output,
  hints: { openWorld: true, long: true },
  async run(request, context) {
    const startedAt = Date.now();
    await check(request, context);
    const columns = columnsOf(request);
    const writer = await context.services.datasets.create(columns, request.save_as);
    const report = openReport(request, context, startedAt);
    let dataset: Dataset;
    try {
      await writePages(request, context, { writer, report });
      dataset = await writer.finish(report.origin());
    } catch (thrown) {
      await writer.discard();
      throw thrown;
    }
    return {
      dataset: dataset.id,
      dataset_path: dataset.path,
      dataset_format: dataset.format,
      columns: columns.map(({ name }) => name),
      types: columns.map(({ type }) => type),
      row_count: dataset.rowCount,
      ...report.summary(),
    };
  },
});

/** Everything that is wrong with the request is said before the first page is fetched. */
async function check({ urls, select = [] }: Input, context: ToolContext): Promise<void> {
  for (const [index, url] of urls.entries()) {
    const parsed = URL.parse(url);
    if (parsed?.protocol === "http:" || parsed?.protocol === "https:") continue;
    const shown = cutText(url, 100);
    throw new ToolError("invalid_input", `urls[${index}]: "${shown}" is no absolute http or https address`);
  }
  const taken = new Set(["url", "final_url", "status", "title", "content", "fetched_at", "elapsed_ms", "error"]);
  for (const { name } of select) {
    const column = name.toLowerCase();
    if (taken.has(column)) throw new ToolError("invalid_input", `select: there is already a column ${name}; rename it`);
    taken.add(column);
  }
  const selectors = select.map(({ css }) => css);
  if (selectors.length > 0) await context.services.web.checkSelectors(selectors, context.signal);
}

const contentTypes: Record<Input["extract"], string> = {
  markdown: "VARCHAR",
  text: "VARCHAR",
  html: "VARCHAR",
  links: "STRUCT(text VARCHAR, url VARCHAR)[]",
  tables: "STRUCT(caption VARCHAR, columns VARCHAR[], rows MAP(VARCHAR, VARCHAR)[])[]",
  metadata: metadataType,
};

function columnsOf({ extract, select = [] }: Input): Column[] {
  return [
    { name: "url", type: "VARCHAR" },
    { name: "final_url", type: "VARCHAR" },
    { name: "status", type: "INTEGER" },
    { name: "title", type: "VARCHAR" },
    { name: "content", type: contentTypes[extract] },
    ...select.map(({ name, many }) => ({ name, type: many ? "VARCHAR[]" : "VARCHAR" })),
    { name: "fetched_at", type: "TIMESTAMP WITH TIME ZONE" },
    { name: "elapsed_ms", type: "INTEGER" },
    { name: "error", type: "VARCHAR" },
  ];
}

function rowOf(page: ScrapedPage): JsonValue[] {
  const { url, finalUrl, status, title, content, selected, fetchedAt, elapsedMs, error } = page;
  const problem = error === undefined ? null : `${error.code}: ${error.message}`;
  return [url, finalUrl, status, title, content, ...selected, fetchedAt, elapsedMs, problem];
}

async function writePages(
  request: Input,
  context: ToolContext,
  to: { writer: DatasetWriter; report: Report },
): Promise<void> {
  const pages = context.services.web.scrape(
    {
      urls: request.urls,
      extract: request.extract,
      select: request.select ?? [],
      concurrency: request.concurrency,
      perHost: request.per_host,
      timeoutMs: request.timeout_s * 1_000,
      respectRobots: request.respect_robots,
      onPage: to.report.countDone,
    },
    context.signal,
  );
  for await (const page of pages) {
    const row = rowOf(page);
    await to.writer.write(row);
    to.report.addRow(page, row);
  }
}

type Report = ReturnType<typeof openReport>;

/** Collects what the result says about the run. Of large pages it keeps the part that the preview shows. */
function openReport(request: Input, context: ToolContext, startedAt: number) {
  const preview: JsonValue[][] = [];
  const failures: { url: string; code: string; message: string }[] = [];
  const sources: JsonObject[] = [];
  const total = request.urls.length;
  let done = 0;
  let failedSoFar = 0;
  let failed = 0;
  let cut = false;
  let charsLeft = failureChars;

  return {
    countDone({ error }: ScrapedPage): void {
      done += 1;
      if (error !== undefined) failedSoFar += 1;
      const rate = done / Math.max(0.001, (Date.now() - startedAt) / 1_000);
      context.progress({ done, total, message: `${rate.toFixed(rate < 10 ? 1 : 0)} pages/s, ${failedSoFar} failed` });
    },
    addRow({ url, status, sha256, sizeBytes, error }: ScrapedPage, row: JsonValue[]): void {
      sources.push({ url, status, sha256, size_bytes: sizeBytes });
      if (preview.length < previewedRows) {
        const { rows, truncated } = previewRows([row], { maxRows: 1, maxCellChars: request.max_chars });
        preview.push(...rows);
        cut ||= truncated;
      }
      if (error === undefined) return;
      failed += 1;
      const failure = { url: cutText(url, 500), code: error.code, message: error.message };
      charsLeft -= JSON.stringify(failure).length;
      if (failures.length < listedFailures && charsLeft > 0) failures.push(failure);
    },
    origin(): JsonObject {
      const { extract, select = [], respect_robots: respectRobots } = request;
      const selected = select.map(({ name, css, attr, many }) => ({ name, css, attr: attr ?? null, many }));
      const started = new Date(startedAt).toISOString();
      return {
        tool: "scrape",
        started_at: started,
        extract,
        select: selected,
        respect_robots: respectRobots,
        urls: sources,
      };
    },
    summary() {
      const { rows, truncated } = previewRows(preview, { maxRows: previewedRows, maxCellChars: request.max_chars + 1 });
      const isPart = truncated || cut || rows.length < total;
      return { rows, truncated: isPart, ok: total - failed, failed, failures, elapsed_ms: Date.now() - startedAt };
    },
  };
}
