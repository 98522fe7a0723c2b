import { z } from "zod";
import { ToolError } from "../../errors.ts";
import type { BackendKind, BackendRefusal, Explanation, SearchBackend } from "./backend.ts";
import { checkKey, detailOf, lasting, readEach, spanText } from "./wire.ts";
import { measured } from "../../taping.ts";

const pageSize = 10;
const address = "https://customsearch.googleapis.com/customsearch/v1";

/**
 * Google Programmable Search: at most 10 hits a request and 100 a query. Closed to new customers; it ends on 1 January 2027.
 *
 * https://developers.google.com/custom-search/v1/reference/rest/v1/cse/list
 */
export const google: BackendKind = {
  name: "google",
  title: "Google",
  variables: ["SEARCH_API_KEY", "CX_ENGINE"],
  open({ SEARCH_API_KEY: key = "", CX_ENGINE: engine = "" }, endpoint = address): SearchBackend {
    checkKey("SEARCH_API_KEY", key);
    if (!/^[\w:.-]+$/.test(engine))
      throw new ToolError("unavailable", "CX_ENGINE must be the ID of a search engine alone, not its address");
    // A key in a header appears in no address, and so in nobody's log. https://cloud.google.com/docs/authentication/api-keys-use
    const headers = { "x-goog-api-key": key };
    return {
      endpoint: new URL(endpoint),
      isOwnHost: false,
      secrets: [key, engine],
      requests(query, count) {
        const size = Math.min(pageSize, count);
        return Array.from({ length: Math.ceil(count / size) }, (_, index) => {
          const url = new URL(endpoint);
          url.search = new URLSearchParams({
            cx: engine,
            q: query,
            num: String(size),
            start: String(index * size + 1),
          }).toString();
          return { url, headers, body: undefined };
        });
      },
      read(reply) {
        const { items, queries } = replySchema.parse(reply);
        const hits = readEach(itemSchema, items ?? []).map(({ title, link, snippet }) => {
          return { title: title ?? "", url: link, snippet: snippet ?? "", isHtml: false };
        });
        return { hits, isLast: queries?.nextPage === undefined };
      },
      explain,
    };
  },
};

/** `items` is not there where nothing was found. */
const replySchema = z.object({
  kind: z.literal("customsearch#search"),
  items: z.array(z.unknown()).optional(),
  queries: z.object({ nextPage: z.array(z.unknown()).optional() }).optional(),
});
const itemSchema = z.object({ title: z.string().optional(), link: z.string(), snippet: z.string().optional() });

const reasonsSchema = z.array(z.object({ reason: z.string().catch("") })).catch([]);
const refusalSchema = z.object({
  error: z.object({ message: z.string().catch(""), errors: reasonsSchema, details: reasonsSchema }),
});

function explain({ status, body, afterMs }: BackendRefusal): Explanation | undefined {
  const { error } = refusalSchema.safeParse(body).data ?? {};
  const reasons = [...(error?.errors ?? []), ...(error?.details ?? [])].map(({ reason }) => reason);
  const said = error?.message ?? "";
  if (status === 429 || reasons.some((reason) => /LimitExceeded|quotaExceeded|RATE_LIMIT_EXCEEDED/i.test(reason)))
    return explainLimit(`${said} ${reasons.join(" ")}`, afterMs ?? 0);
  if (
    reasons.some((reason) => /API_KEY_INVALID|keyInvalid|keyExpired/i.test(reason)) ||
    /API key (?:not|exp)/i.test(said)
  )
    return lasting(
      "not_allowed",
      "the key in SEARCH_API_KEY is not valid; set one of Google Cloud for the Custom Search API",
    );
  if (status === 410 || status === 404)
    return lasting("unavailable", "the Custom Search JSON API is no longer there: Google ends it on 1 January 2027");
  if (status === 401 || status === 403)
    return lasting(
      "not_allowed",
      `the key in SEARCH_API_KEY may not use the Custom Search API${detailOf(said)}; enable the API in the key's project ` +
        "and lift the key's restrictions (Google no longer lets new projects use it)",
    );
  if (status === 400)
    return lasting(
      "provider_error",
      `it cannot use the request${detailOf(said)}; check that CX_ENGINE is the ID of a search engine, or simplify the query`,
    );
  return undefined;
}

/** The free quota is one of queries a day; there is one of queries a minute besides. */
function explainLimit(said: string, afterMs: number): Explanation {
  if (!/per day|daily/i.test(said))
    return { code: "rate_limited", message: "too many queries in a minute; try again in a minute", afterMs };
  const hour = new Intl.DateTimeFormat("en-US", { timeZone: "America/Los_Angeles", hour: "numeric", hourCycle: "h23" });
  const left = spanText((24 - measured("hour", () => Number(hour.format(Date.now())))) * 3_600);
  return lasting(
    "rate_limited",
    `the queries of the day are used up; they are counted anew at midnight Pacific Time, in about ${left}`,
  );
}
