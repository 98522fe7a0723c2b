import { z } from "zod";
import type { Dataset } from "../data/dataset.ts";
import type { ToolError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { cutText } from "../text/text.ts";
import type { ScrapeRequest } from "../web/scrape.ts";
import { backendNames } from "../web/search/backend.ts";
import type { SearchHit } from "../web/search/hits.ts";
import type { SearchAnswer } from "../web/search/search.ts";
import { maxPreviewChars } from "./preview.ts";
import { encodedRow, pageColumns } from "./page-fields.ts";
import { datasetFields } from "./table-fields.ts";
import { toDatasetFields } from "./table-result.ts";
import { defineTool, type ToolContext } from "./tool.ts";

/** Of the text of one page in the result; the dataset keeps all. */
const maxContentChars = 2_000;

const result = z.object({
  title: z.string(),
  url: z.string(),
  snippet: z.string(),
  content: z.string().optional(),
  error: z.string().optional(),
});
type Result = z.output<typeof result>;

/** Search the web with the user's own search service; with `fetch` the pages that were found become a dataset too. */
export const webSearch = defineTool({
  name: "web_search",
  description:
    "Search the web. With fetch, each hit brings the start of its page, and a dataset keeps the pages whole.",
  input: z.object({
    query: z.string().trim().min(1).max(400),
    count: z.int().min(1).max(50).default(10).describe("hits"),
    backend: z.enum(backendNames).optional().describe("the first configured if omitted"),
    fetch: z.boolean().default(false).describe("fetch the hits as scrape does"),
  }),
  output: z.object({
    results: z.array(result),
    backend: z.string(),
    ...datasetFields,
    notes: z.array(z.string()).optional(),
  }),
  hints: { openWorld: true, long: true },
  async run({ query, count, backend, fetch }, context) {
    const answer = await context.services.search.search({ query, count, backend }, context.signal);
    const { hits, notes } = fit(answer);
    const { pages, dataset } = fetch && hits.length > 0 ? await fetchHits(hits, { answer, query }, context) : nothing;
    const room = (maxPreviewChars - JSON.stringify(hits).length) / Math.max(1, hits.length);
    const contentChars = Math.max(0, Math.min(maxContentChars, Math.floor(room)));
    return {
      results: hits.map((hit, index) => ({ ...hit, ...contentOf(pages[index], contentChars) })),
      backend: answer.backend,
      ...toDatasetFields(dataset),
      ...(notes.length === 0 ? {} : { notes }),
    };
  },
});

/** What of a page is kept for the result; its row is written. */
interface HitPage {
  origin: JsonObject;
  content: JsonValue | undefined;
  error: ToolError | undefined;
}

const nothing: { pages: HitPage[]; dataset: Dataset | undefined } = { pages: [], dataset: undefined };

/** The hits that fit into a reply: many very long addresses may not. */
function fit({ hits, notes }: SearchAnswer): Pick<SearchAnswer, "hits" | "notes"> {
  let chars = 0;
  const beyond = hits.findIndex((hit) => (chars += JSON.stringify(hit).length + 1) > maxPreviewChars);
  if (beyond < 0) return { hits, notes };
  return { hits: hits.slice(0, beyond), notes: [...notes, `only ${beyond} of ${hits.length} hits fit into the reply`] };
}

/** Fetch the pages of the hits into a dataset, in their order. One that fails costs no other. */
async function fetchHits(
  hits: readonly SearchHit[],
  { answer, query }: { answer: SearchAnswer; query: string },
  { services, signal, progress }: ToolContext,
) {
  const total = hits.length;
  let done = 0;
  const request: ScrapeRequest = {
    urls: hits.map(({ url }) => url),
    extract: "markdown",
    select: [],
    concurrency: 64,
    perHost: 4,
    timeoutMs: 20_000,
    respectRobots: true,
    render: "never",
    shownChars: maxContentChars,
    advice: {
      whenLate: "pass it to scrape with a higher timeout_s",
      whenLimited: "try again later, or pass it to scrape",
    },
    onPage: () => progress({ done: ++done, total, message: "pages of the hits" }),
  };
  const pages: HitPage[] = [];
  const writer = await services.datasets.create(pageColumns({ extract: request.extract }));
  try {
    for await (const page of services.web.scrape(request, signal)) {
      const { url, status, sha256, sizeBytes, content, error } = page;
      pages.push({ origin: { url, status, sha256, size_bytes: sizeBytes }, content: content?.shown, error });
      await writer.writeEncoded(encodedRow(page));
    }
    const urls = pages.map(({ origin }) => origin);
    return { pages, dataset: await writer.finish({ tool: "web_search", query, backend: answer.backend, urls }) };
  } catch (thrown) {
    await writer.discard();
    throw thrown;
  }
}

function contentOf(page: HitPage | undefined, maxChars: number): Pick<Result, "content" | "error"> {
  if (page === undefined) return {};
  const { content, error } = page;
  if (error !== undefined) return { error: cutText(`${error.code}: ${error.message}`, 300) };
  return typeof content === "string" ? { content: cutEscaped(content, maxChars) } : {};
}

/** The beginning of a text. One that JSON has to escape much is cut shorter. */
function cutEscaped(text: string, maxChars: number): string {
  for (let chars = maxChars; ; chars = Math.floor(chars / 2)) {
    const cut = cutText(text, chars);
    if (chars === 0 || JSON.stringify(cut).length <= 1.5 * maxChars + 3) return cut;
  }
}
