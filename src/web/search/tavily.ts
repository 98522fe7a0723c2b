import { z } from "zod";
import type { BackendKind, BackendRefusal, Explanation, SearchBackend } from "./backend.ts";
import { checkKey, detailOf, lasting, readEach, spanText } from "./wire.ts";

const mostHits = 20;
const address = "https://api.tavily.com/search";

/**
 * Tavily: at most 20 hits a query, in one reply.
 *
 * https://docs.tavily.com/documentation/api-reference/endpoint/search
 */
export const tavily: BackendKind = {
  name: "tavily",
  title: "Tavily",
  variables: ["TAVILY_API_KEY"],
  open({ TAVILY_API_KEY: key = "" }, endpoint = address): SearchBackend {
    checkKey("TAVILY_API_KEY", key);
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    return {
      endpoint: new URL(endpoint),
      isOwnHost: false,
      secrets: [key],
      requests(query, count) {
        const body = JSON.stringify({ query, max_results: Math.min(count, mostHits), search_depth: "basic" });
        return [{ url: new URL(endpoint), headers, body }];
      },
      read(reply) {
        const { results } = replySchema.parse(reply);
        const hits = readEach(resultSchema, results).map(({ title, url, content }) => {
          return { title: title ?? "", url, snippet: content ?? "", isHtml: false };
        });
        return { hits, isLast: hits.length < mostHits };
      },
      explain,
    };
  },
};

const replySchema = z.object({ results: z.array(z.unknown()) });
const resultSchema = z.object({ title: z.string().nullish(), url: z.string(), content: z.string().nullish() });

const errorSchema = z.object({ detail: z.union([z.string(), z.object({ error: z.string() })]) });

function explain({ status, body, afterMs }: BackendRefusal): Explanation | undefined {
  const detail = errorSchema.safeParse(body).data?.detail ?? "";
  const said = detailOf(typeof detail === "string" ? detail : detail.error);
  switch (status) {
    case 401:
      return lasting("not_allowed", "the key in TAVILY_API_KEY is not valid; set one of Tavily");
    case 403:
      return lasting("not_allowed", `the key in TAVILY_API_KEY may not search${said}; check its plan`);
    case 429: {
      const when = afterMs ? `in ${spanText(afterMs / 1_000)}` : "in a minute";
      return { code: "rate_limited", message: `too many requests; try again ${when}`, afterMs: afterMs ?? 0 };
    }
    case 432:
      return lasting(
        "rate_limited",
        `the credits of the plan are used up${said}; they are renewed with its next period`,
      );
    case 433:
      return lasting("rate_limited", `the limit of what is paid as it is used is reached${said}; raise it at Tavily`);
    case 400:
    case 422:
      return lasting("invalid_input", `it cannot use the query${said}; it takes at most 400 characters`);
    default:
      return undefined;
  }
}
