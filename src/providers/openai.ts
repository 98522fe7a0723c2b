import { once } from "../once.ts";
import { toChatBody, type ChatDialect } from "./lib/chat-request.ts";
import { openHttpProvider, parseBaseUrl, type ServiceOptions } from "./lib/http-provider.ts";
import { priceOf } from "./prices.ts";
import type { Provider } from "./provider.ts";

export type OpenAiOptions = ServiceOptions;

const dialects: Readonly<Record<string, ChatDialect>> = { "api.openai.com": "openai", "api.groq.com": "groq" };

/**
 * A model behind Chat Completions, as OpenAI, Groq and very many other servers speak it. The base URL may come with or
 * without `/v1`: a bare host means its `/v1`, and `https://api.groq.com/openai` its own.
 *
 * Spec: https://platform.openai.com/docs/api-reference/chat, https://console.groq.com/docs/api-reference
 *
 * @throws ConfigError for a base URL or a key that cannot be sent
 */
export function openOpenAi(options: OpenAiOptions): Provider {
  const { name, model, baseUrl, apiKey, host } = options;
  const base = parseBaseUrl(name, baseUrl);
  const origin = `chat:${base.host}`;
  const dialect = dialects[base.host] ?? "compatible";
  const reader = once(() => import("./lib/chat-reply.ts"));
  return openHttpProvider(options, {
    url: apiUrl(base, "/chat/completions"),
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    price: dialect === "compatible" ? undefined : priceOf(dialect, model),
    origin,
    toBody: (request) => toChatBody(request, { model, dialect, origin }),
    openReply: async () => (await reader.get()).openChatReply({ inventId: () => host.randomId(), origin }),
  });
}

/** Below which path services have their endpoints; the others below `/v1`. */
const homes: Readonly<Record<string, string>> = { "api.groq.com": "/openai/v1", "openrouter.ai": "/api/v1" };

/**
 * Where an endpoint of OpenAI's format is: a bare host, or the beginning of the path that a service is known to have, is
 * completed; any other path is taken as it is. A query stays.
 */
export function apiUrl({ host, origin, pathname, search }: URL, endpoint: string): string {
  const path = pathname.replace(/\/+$/, "").replace(/\/(chat\/completions|responses)$/, "");
  const home = homes[host] ?? "/v1";
  return `${origin}${home.startsWith(`${path}/`) ? home : path}${endpoint}${search}`;
}
