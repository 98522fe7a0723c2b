import { unescape } from "node:querystring";
import { z } from "zod";
import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import type { BackendKind, BackendRefusal, Explanation, SearchBackend } from "./backend.ts";
import { lasting, readEach } from "./wire.ts";

/** How many hits a page has is up to the engines behind it. */
const maxPages = 5;

/**
 * A SearXNG that the user runs or has chosen. User name and password in its address are sent as basic authentication.
 *
 * https://docs.searxng.org/dev/search_api.html
 */
export const searxng: BackendKind = {
  name: "searxng",
  title: "SearXNG",
  variables: ["SEARXNG_URL"],
  open({ SEARXNG_URL: address = "" }, endpoint = address): SearchBackend {
    const base = searchAddress(endpoint);
    const [name, password] = [unescape(base.username), unescape(base.password)];
    const credentials = Buffer.from(`${name}:${password}`).toString("base64");
    const secrets = password === "" ? [] : [password, base.password, credentials];
    base.username = "";
    base.password = "";
    const headers = {
      // Its limiter takes whoever does not name HTML, or no language, for a robot.
      accept: "application/json, text/html;q=0.1",
      "accept-language": "en, *;q=0.5",
      ...(secrets.length === 0 ? {} : { authorization: `Basic ${credentials}` }),
    };
    return {
      endpoint: base,
      isOwnHost: true,
      secrets,
      requests(query) {
        return Array.from({ length: maxPages }, (_, index) => {
          const url = new URL(base);
          const parameters = { q: query, format: "json", pageno: String(index + 1) };
          for (const [parameter, value] of Object.entries(parameters)) url.searchParams.set(parameter, value);
          return { url, headers, body: undefined };
        });
      },
      read(reply) {
        const { results, unresponsive_engines: silent } = replySchema.parse(reply);
        const hits = readEach(resultSchema, results).map(({ title, url, content }) => {
          return { title: title ?? "", url, snippet: content ?? "", isHtml: false };
        });
        const isLast = results.length === 0;
        return silent.length === 0 || !isLast ? { hits, isLast } : { hits, isLast, note: silenceOf(silent) };
      },
      explain,
    };
  },
};

/** The address of the search itself, whether the instance or its search was named. */
function searchAddress(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ToolError("unavailable", "SEARXNG_URL must be an http(s) address, e.g. http://localhost:8080");
  url.pathname = `${url.pathname.replace(/\/+$/, "").replace(/\/search$/, "")}/search`;
  url.hash = "";
  return url;
}

const replySchema = z.object({
  results: z.array(z.unknown()),
  unresponsive_engines: z.array(z.array(z.unknown())).catch([]),
});
const resultSchema = z.object({ title: z.string().nullish(), url: z.string(), content: z.string().nullish() });

/** Without it, engines that were all blocked look like a query that nothing matches. */
function silenceOf(engines: readonly unknown[][]): string {
  const named = engines.slice(0, 5).map(([name, why]) => `${String(name)} (${String(why)})`);
  return `engines that did not answer: ${cutText(named.join(", "), 300)}`;
}

const limited =
  "its limiter refuses us, which lets a program ask four times an hour; wait, or let this machine pass: " +
  "botdetection.ip_lists.pass_ip in its limiter.toml, or server.limiter: false in its settings.yml";

function explain({ status, header, afterMs }: BackendRefusal): Explanation | undefined {
  switch (status) {
    case 401:
      return lasting(
        "not_allowed",
        "it wants a user name and a password; set them in SEARXNG_URL: https://name:password@…",
      );
    case 403:
      return lasting(
        "not_allowed",
        "it answered 403, most often because it gives no JSON: add json to search.formats in its settings.yml and restart it",
      );
    case 404:
      return lasting("provider_error", "there is no search at SEARXNG_URL; set it to the address of a SearXNG");
    case 429:
      // It counts refused requests too, over an hour: asking again makes it worse, unless it says when.
      return { code: "rate_limited", message: limited, afterMs: header("retry-after") === "" ? undefined : afterMs };
    default:
      return undefined;
  }
}
