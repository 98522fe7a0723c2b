import { once } from "../once.ts";
import { toAnthropicBody } from "./lib/anthropic-request.ts";
import { openHttpProvider, parseBaseUrl, type ServiceOptions } from "./lib/http-provider.ts";
import { priceOf } from "./prices.ts";
import type { Provider } from "./provider.ts";

/** Of the blocks that go back to Anthropic unchanged. */
const origin = "anthropic";
/** What the service recommends, and what everything else that speaks its format knows; the requests are the same in both. */
const latestVersion = "2026-10-21";
const oldestVersion = "2023-06-01";

/**
 * A model behind Anthropic's Messages. The base URL may come with or without `/v1`.
 *
 * Spec: https://platform.claude.com/docs/en/api/messages
 *
 * @throws ConfigError for a base URL or a key that cannot be sent
 */
export function openAnthropic(options: ServiceOptions): Provider {
  const { name, model, baseUrl, apiKey, host } = options;
  const base = parseBaseUrl(name, baseUrl);
  const isAnthropic = base.host === "api.anthropic.com";
  const reader = once(() => import("./lib/anthropic-reply.ts"));
  return openHttpProvider(options, {
    url: messagesUrl(base),
    headers: {
      "anthropic-version": isAnthropic ? latestVersion : oldestVersion,
      ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
    },
    price: isAnthropic ? priceOf("anthropic", model) : undefined,
    origin,
    toBody: (request) => toAnthropicBody(request, { model, origin }),
    openReply: async () => (await reader.get()).openAnthropicReply({ inventId: () => host.randomId(), origin }),
  });
}

/** As the official clients have it, `/v1` follows whatever path the base URL has. A query stays. */
function messagesUrl(base: URL): string {
  const path = base.pathname.replace(/\/+$/, "").replace(/(\/v1)?(\/messages)?$/, "");
  return `${base.origin}${path}/v1/messages${base.search}`;
}
