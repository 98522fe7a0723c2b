import { ConfigError, errorMessage, ProviderError } from "../errors.ts";
import type { Host } from "../host.ts";
import { openChatReply } from "./lib/chat-reply.ts";
import { toWireRequest } from "./lib/chat-request.ts";
import { readReply } from "./lib/read-reply.ts";
import { providerError, refusalOf, type Service } from "./lib/refusal.ts";
import { retrying } from "./lib/retry.ts";
import { openWatchdog, type Watchdog } from "./lib/watchdog.ts";
import type { ModelEvent, Provider } from "./provider.ts";

export interface OpenAiOptions {
  name: string;
  model: string;
  /** With or without `/v1`: a bare host means its `/v1`. */
  baseUrl: string;
  /** Local servers want none. */
  apiKey: string | undefined;
  /** Where the key comes from, for messages. */
  keyVariable: string;
  host: Host;
  /** The longest silence of the service, default 3 minutes. */
  idleMs?: number;
  /** The longest a reply may take, retries included, default 30 minutes. */
  totalMs?: number;
}

/**
 * A model behind Chat Completions, as OpenAI and very many other servers speak it.
 *
 * Spec: https://platform.openai.com/docs/api-reference/chat
 *
 * @throws ConfigError for a base URL or a key that cannot be sent
 */
export function openOpenAi(options: OpenAiOptions): Provider {
  const { name, model, apiKey, host } = options;
  const service = serviceOf(options);
  const headers = {
    "content-type": "application/json",
    accept: "text/event-stream",
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };

  async function* attempt(body: string, watchdog: Watchdog): AsyncGenerator<ModelEvent, void> {
    const { signal } = watchdog;
    const reply = openChatReply(() => host.randomId());
    try {
      const response = await watchdog.next(host.fetch(service.url, { method: "POST", headers, body, signal }));
      if (!response.ok) throw await watchdog.next(refusalOf(response, service));
      yield* readReply(response, { reply, watchdog, service });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof ProviderError) throw thrown;
      if (!reply.complete()) throw lostConnection(thrown, reply.begun(), service);
    }
    yield reply.finish();
  }

  return {
    name,
    model,
    price: undefined,
    async *stream(request, signal) {
      const { idleMs = 180_000, totalMs = 1_800_000 } = options;
      const watchdog = openWatchdog({ name, signal, idleMs, totalMs });
      try {
        const body = JSON.stringify(toWireRequest(model, request));
        yield* retrying(() => attempt(body, watchdog), watchdog.signal);
      } finally {
        watchdog.stop();
      }
    },
  };
}

function serviceOf({ name, baseUrl, apiKey, keyVariable }: OpenAiOptions): Service {
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ConfigError(`${keyVariable} holds a space, a line break or a character that no key has; set it again`);
  }
  return {
    name,
    url: completionsUrl(name, baseUrl),
    keyVariable,
    hideKey: (text) => (apiKey === undefined ? text : text.replaceAll(apiKey, "***")),
  };
}

/** Where completions are asked for: a bare host means its `/v1`, any other path is taken as it is. */
function completionsUrl(name: string, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ConfigError(`the base URL of ${name} must be an http or https URL without user and password`);
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
  return `${url.origin}${path === "" ? "/v1" : path}/chat/completions`;
}

function lostConnection(thrown: unknown, begun: boolean, service: Service): ProviderError {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const text = begun
    ? `lost the connection in the middle of its reply: ${errorMessage(cause)}; try again`
    : `could not be reached at ${service.url}: ${errorMessage(cause)}; check the base URL and the network`;
  return providerError(service, text, { retryable: true, cause: thrown });
}
