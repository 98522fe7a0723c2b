import { z } from "zod";
import type { BackendKind, BackendRefusal, Explanation, SearchBackend } from "./backend.ts";
import { checkKey, detailOf, lasting, readEach, spanText } from "./wire.ts";

const pageSize = 20;
const address = "https://api.search.brave.com/res/v1/web/search";

/**
 * Brave Search: at most 20 hits a request, and ten pages.
 *
 * https://api-dashboard.search.brave.com/api-reference/web/search/get
 */
export const brave: BackendKind = {
  name: "brave",
  title: "Brave",
  variables: ["BRAVE_API_KEY"],
  open({ BRAVE_API_KEY: key = "" }, endpoint = address): SearchBackend {
    checkKey("BRAVE_API_KEY", key);
    const headers = { accept: "application/json", "x-subscription-token": key };
    return {
      endpoint: new URL(endpoint),
      isOwnHost: false,
      secrets: [key],
      requests(query, count) {
        const size = Math.min(pageSize, count);
        return Array.from({ length: Math.ceil(count / size) }, (_, index) => {
          const url = new URL(endpoint);
          url.search = new URLSearchParams({
            q: query,
            count: String(size),
            // counted in pages, not in hits
            offset: String(index),
            text_decorations: "false",
            result_filter: "web",
          }).toString();
          return { url, headers, body: undefined };
        });
      },
      read(reply) {
        const { web, query } = replySchema.parse(reply);
        const hits = readEach(resultSchema, web?.results ?? []).map(({ title, url, description }) => {
          return { title: title ?? "", url, snippet: description ?? "", isHtml: true };
        });
        return { hits, isLast: query?.more_results_available !== true };
      },
      explain,
    };
  },
};

/** `web` is not there where nothing was found. */
const replySchema = z.object({
  type: z.literal("search"),
  query: z.object({ more_results_available: z.boolean().optional() }).optional(),
  web: z.object({ results: z.array(z.unknown()) }).optional(),
});
const resultSchema = z.object({ title: z.string().nullish(), url: z.string(), description: z.string().nullish() });

const errorSchema = z.object({
  code: z.string().catch(""),
  detail: z.string().catch(""),
  meta: z.unknown().optional(),
});
/** The reference shows a list of errors, the service sends one. */
const refusalSchema = z.object({ error: errorSchema.optional(), errors: z.array(errorSchema).optional() });

function explain({ status, header, body, afterMs }: BackendRefusal): Explanation | undefined {
  const refusal = refusalSchema.safeParse(body).data;
  const { code = "", detail = "", meta } = refusal?.error ?? refusal?.errors?.[0] ?? {};
  if (status === 429) return explainLimit(code, header, afterMs ?? 0);
  const isTokenMissing = JSON.stringify(meta ?? "").includes("x-subscription-token");
  if (code.startsWith("SUBSCRIPTION_TOKEN") || isTokenMissing || status === 401)
    return lasting("not_allowed", "the key in BRAVE_API_KEY is not valid; set one of the Brave Search API");
  if (status === 403 || status === 404 || /^(?:SUBSCRIPTION|OPTION|RESOURCE)_/.test(code))
    return lasting(
      "not_allowed",
      `the plan of BRAVE_API_KEY has no web search${detailOf(detail)}; choose one that has`,
    );
  if (status === 400 || status === 422)
    return lasting(
      "invalid_input",
      `it cannot use the query${detailOf(detail)}; it takes at most 400 characters and 50 words`,
    );
  return undefined;
}

/** The headers hold a number for each window, a second and a month, e.g. `X-RateLimit-Reset: 1, 1419704`. */
function explainLimit(code: string, header: BackendRefusal["header"], afterMs: number): Explanation {
  const numbers = (name: string) => header(name).split(",").map(Number);
  const left = numbers("x-ratelimit-remaining");
  const resets = numbers("x-ratelimit-reset");
  const last = resets.length - 1;
  const isQuota = code === "QUOTA_LIMITED" || (last > 0 && left[last] === 0);
  const reset = (isQuota ? resets[last] : resets[0]) ?? Number.NaN;
  const isKnown = Number.isFinite(reset) && reset > 0;
  if (isQuota) {
    const when = isKnown ? `, in ${spanText(reset)}` : " with the next month";
    return lasting("rate_limited", `the quota of the plan is used up; it is renewed${when}`);
  }
  const when = isKnown ? `in ${spanText(reset)}` : "in a moment";
  return {
    code: "rate_limited",
    message: `too many requests for the plan; try again ${when}`,
    afterMs: Math.max(afterMs, isKnown ? reset * 1_000 : 1_000),
  };
}
