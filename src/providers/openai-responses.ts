import { once } from "../once.ts";
import { openHttpProvider, parseBaseUrl, type ServiceOptions } from "./lib/http-provider.ts";
import { toResponsesBody } from "./lib/responses-request.ts";
import { apiUrl } from "./openai.ts";
import { priceOf } from "./prices.ts";
import type { Provider } from "./provider.ts";

/**
 * A model behind OpenAI's Responses. The conversation stays here: nothing is stored at the service, and its reasoning
 * goes back to it encrypted. The base URL may come with or without `/v1`.
 *
 * Spec: https://platform.openai.com/docs/api-reference/responses
 *
 * @throws ConfigError for a base URL or a key that cannot be sent
 */
export function openOpenAiResponses(options: ServiceOptions): Provider {
  const { name, model, baseUrl, apiKey, host } = options;
  const base = parseBaseUrl(name, baseUrl);
  const isOpenAi = base.host === "api.openai.com";
  const origin = `responses:${base.host}`;
  const reader = once(() => import("./lib/responses-reply.ts"));
  return openHttpProvider(options, {
    url: apiUrl(base, "/responses"),
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    price: isOpenAi ? priceOf("openai", model) : undefined,
    origin,
    toBody: (request) => toResponsesBody(request, { model, origin }),
    openReply: async () => (await reader.get()).openResponsesReply({ inventId: () => host.randomId(), origin }),
  });
}
