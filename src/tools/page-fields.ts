import { z } from "zod";
import type { Column } from "../data/dataset.ts";
import { ToolError } from "../errors.ts";
import { cutCell } from "../data/cut-cell.ts";
import type { EncodedCell } from "../data/row-lines.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { toJson } from "../text/text.ts";
import { extracts } from "../web/extracts.ts";
import { metadataType } from "../web/metadata.ts";
import { renderModes, type PageSettings, type ScrapedPage } from "../web/scrape.ts";
import type { ToolContext } from "./tool.ts";

const selection = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,59}$/, "must be letters, digits and _")
    .describe("column"),
  css: z.string().min(1).max(500),
  attr: z.string().min(1).max(60).optional().describe("to take instead of the text, e.g. href"),
  many: z.boolean().default(false).describe("all matches as a list"),
});

/** What every tool that fetches pages takes. */
export const pageFields = {
  extract: z.enum(extracts).default("markdown").describe("what content is; rows of tables are maps by column"),
  select: z.array(selection).max(50).optional().describe("a column for each, e.g. {name: price, css: .price}"),
  concurrency: z.int().min(1).max(256).default(64).describe("pages at once"),
  per_host: z.int().min(1).max(64).default(4).describe("pages at once from one host"),
  timeout_s: z.number().min(0.1).max(300).default(20).describe("for one page with its retries"),
  respect_robots: z.boolean().default(true).describe("obey robots.txt"),
  render: z
    .enum(renderModes)
    .default("never")
    .describe("auto runs pages that are empty without their scripts in a browser"),
  max_chars: z.int().min(1).max(20_000).default(1_000).describe("of a cell in the preview; the dataset keeps all"),
  save_as: z.string().min(1).max(100).optional().describe("name for the dataset"),
};
const pageInput = z.object(pageFields);
type PageInput = z.output<typeof pageInput>;

/** What they give. */
export const pageResultFields = {
  dataset: z.string(),
  dataset_path: z.string(),
  dataset_format: z.string(),
  columns: z.array(z.string()),
  types: z.array(z.string()),
  rows: z.array(z.array(z.unknown())).describe("the first rows"),
  row_count: z.int(),
  truncated: z.boolean().describe("more is in the dataset"),
  ok: z.int(),
  failed: z.int(),
  failures: z.array(z.object({ url: z.string(), code: z.string(), message: z.string() })).describe("the first of them"),
  elapsed_ms: z.int(),
};

/** @throws ToolError `invalid_input` for selections that cannot be used, before the first page is fetched */
export async function checkSelections(
  { select = [] }: Pick<PageInput, "select">,
  columns: readonly Column[],
  context: ToolContext,
): Promise<void> {
  const taken = new Set<string>();
  for (const { name } of columns) {
    const column = name.toLowerCase();
    if (taken.has(column)) {
      const own = select.find((one) => one.name.toLowerCase() === column)?.name ?? name;
      throw new ToolError("invalid_input", `select: there is already a column ${own}; rename it`);
    }
    taken.add(column);
  }
  const selectors = select.map(({ css }) => css);
  if (selectors.length > 0) await context.services.web.checkSelectors(selectors, context.signal);
}

const contentTypes: Record<PageInput["extract"], string> = {
  markdown: "VARCHAR",
  text: "VARCHAR",
  html: "VARCHAR",
  links: "STRUCT(text VARCHAR, url VARCHAR)[]",
  tables: "STRUCT(caption VARCHAR, columns VARCHAR[], rows MAP(VARCHAR, VARCHAR)[])[]",
  metadata: metadataType,
};

/** @param more the columns that come last */
export function pageColumns(
  { extract, select = [] }: Pick<PageInput, "extract" | "select">,
  more: readonly Column[] = [],
): Column[] {
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
    ...more,
  ];
}

/** The row of a page as it is written. */
export function encodedRow(page: ScrapedPage, more: readonly JsonValue[] = []): EncodedCell[] {
  const { before, after } = plainCells(page, more);
  const values = [page.content, ...page.selected].map((value) => value?.pieces ?? "null");
  return [...before.map((cell) => toJson(cell)), ...values, ...after.map((cell) => toJson(cell))];
}

/** A row as a preview shows it. */
export interface ShownRow {
  cells: JsonValue[];
  isCut: boolean;
}

/** The row of a page, whose content and selected values are cut already. */
export function shownRow(page: ScrapedPage, maxChars: number, more: readonly JsonValue[] = []): ShownRow {
  const { before, after } = plainCells(page, more);
  const values = [page.content, ...page.selected];
  const shown = [...before, ...values.map((value) => value?.shown ?? null), ...after];
  const cells = shown.map((cell, index) => {
    const isText = index === titleAt || index === errorAt(values.length);
    return isText ? cutCell(cell, maxChars) : cell;
  });
  const isCut = values.some((value) => value?.isCut === true) || cells.some((cell, index) => cell !== shown[index]);
  return { cells, isCut };
}

const titleAt = 3;

/** Behind the values come the time, how long it took and the error. */
function errorAt(values: number): number {
  return titleAt + values + 3;
}

/** Part of an address or of a time is of no use. */
const wholeColumns = new Set(["url", "final_url", "fetched_at", "parent"]);

/** A row that was read from a dataset of pages. */
export function cutRow(row: readonly JsonValue[], columns: readonly Column[], maxChars: number): ShownRow {
  const cells = row.map((cell, index) =>
    wholeColumns.has(columns[index]?.name ?? "") ? cell : cutCell(cell, maxChars),
  );
  return { cells, isCut: cells.some((cell, index) => cell !== row[index]) };
}

function plainCells(page: ScrapedPage, more: readonly JsonValue[]) {
  const { url, finalUrl, status, title, fetchedAt, elapsedMs, error } = page;
  const problem = error === undefined ? null : `${error.code}: ${error.message}`;
  return { before: [url, finalUrl, status, title], after: [fetchedAt, elapsedMs, problem, ...more] };
}

export function pageSettings(input: PageInput): PageSettings {
  return {
    extract: input.extract,
    select: input.select ?? [],
    concurrency: input.concurrency,
    perHost: input.per_host,
    timeoutMs: input.timeout_s * 1_000,
    respectRobots: input.respect_robots,
    render: input.render,
    shownChars: input.max_chars,
  };
}

/** What the sidecar says of how pages were read. */
export function pageOrigin({ extract, select = [], respect_robots: respectRobots, render }: PageInput): JsonObject {
  const selected = select.map(({ name, css, attr, many }) => ({ name, css, attr: attr ?? null, many }));
  return { extract, select: selected, respect_robots: respectRobots, render };
}
