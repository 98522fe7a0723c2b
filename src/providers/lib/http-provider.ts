import { ConfigError, errorMessage, ProviderError } from "../../errors.ts";
import type { Host } from "../../host.ts";
import type { AssistantPart, JsonObject } from "../../message.ts";
import { toJson } from "../../text/text.ts";
import type { ModelEvent, ModelReply, ModelRequest, Price, Provider } from "../provider.ts";
import { openMask } from "./mask.ts";
import { readReply, type ReplyReader } from "./read-reply.ts";
import { providerError, refusalOf, type Service } from "./refusal.ts";
import { retrying } from "./retry.ts";
import { simplify } from "./simplify.ts";
import { openWatchdog, type Watchdog } from "./watchdog.ts";

/** How long a reply may be waited for. */
export interface ReplyLimits {
  /** The longest silence of the service, before its reply and within it, default 3 minutes; of one that is not streamed `totalMs`. */
  idleMs?: number | undefined;
  /** The longest a reply may take, retries included, default 30 minutes. */
  totalMs?: number | undefined;
}

/** What opening any service over HTTP takes. */
export interface ServiceOptions extends ReplyLimits {
  name: string;
  model: string;
  baseUrl: string;
  /** Local servers want none. */
  apiKey: string | undefined;
  /** Where the key comes from, for messages. */
  keyVariable: string;
  host: Host;
  /** Whether to show a reply while it comes, default true; a whole one costs less. */
  stream?: boolean | undefined;
}

/** How one service is spoken to: all that differs between them. */
export interface WireFormat {
  url: string;
  /** Besides those of JSON and event streams; the key among them. */
  headers: Record<string, string>;
  price: Price | undefined;
  /** Of the `opaque` parts that this service made: they go back to it, all others do not. */
  origin: string;
  toBody(request: ModelRequest): JsonObject;
  /** Called once a reply comes in: what reads it is loaded while the service thinks, not before it is asked. */
  openReply(): Promise<ReplyReader>;
}

/**
 * A provider that asks over HTTP and reads an event stream: deadlines, retries of what broke before its first token,
 * refusals that say what to do.
 *
 * @throws ConfigError for a key that cannot be sent
 */
export function openHttpProvider(options: ServiceOptions, format: WireFormat): Provider {
  const { name, model, host } = options;
  const service = serviceOf(options, format.url);
  const { stream: isStreamed = true, totalMs = 1_800_000, idleMs = isStreamed ? 180_000 : totalMs } = options;
  const accept = isStreamed ? "text/event-stream" : "application/json";
  const headers = { "content-type": "application/json", accept, ...format.headers };

  async function* ask(asking: Asking, watchdog: Watchdog): AsyncGenerator<ModelEvent, void> {
    const { signal } = watchdog;
    const { body, meter } = asking;
    let reply: ReplyReader | undefined;
    try {
      const response = await watchdog.next(host.fetch(format.url, { method: "POST", headers, body, signal }));
      if (!response.ok) throw await watchdog.next(refusalOf(response, service));
      const reader = await format.openReply();
      meter?.started({ usage: () => reader.usage() });
      reply = reader;
      yield* readReply(response, { reply, watchdog, service });
    } catch (thrown) {
      // it may have been working on it
      if (signal.aborted && reply === undefined) meter?.started({ usage: () => undefined });
      signal.throwIfAborted();
      if (thrown instanceof ProviderError) throw thrown.spending(reply?.usage());
      if (!reply?.complete()) {
        throw lostConnection(thrown, reply?.begun() ?? false, service).spending(reply?.usage());
      }
    }
    const done = reply.finish();
    if (saysNothing(done)) {
      const retryable = asking.emptyReplies++ === 0;
      throw providerError(service, "sent a reply with nothing in it; try again", { retryable }).spending(done.usage);
    }
    yield done;
  }

  async function* askUntilAccepted(request: ModelRequest, watchdog: Watchdog): AsyncGenerator<ModelEvent, void> {
    const body = toJson(isStreamed ? format.toBody(request) : unstreamed(format.toBody(request)));
    const { meter } = request;
    const asking = { body, meter, emptyReplies: 0 };
    const mayRepeat = ({ usage }: ProviderError) => meter?.lost({ usage }) ?? true;
    try {
      yield* retrying(() => ask(asking, watchdog), { signal: watchdog.signal, mayRepeat });
    } catch (thrown) {
      const simpler = simplify(request, { refusal: thrown, origin: format.origin });
      if (simpler === undefined) throw thrown;
      yield* askUntilAccepted(simpler, watchdog);
    }
  }

  return {
    name,
    model,
    price: format.price,
    async *stream(request, signal) {
      const watchdog = openWatchdog({ name, signal, idleMs, totalMs });
      try {
        yield* askUntilAccepted(request, watchdog);
      } finally {
        watchdog.stop();
      }
    },
  };
}

interface Asking {
  body: string;
  meter: ModelRequest["meter"];
  /** A model that says nothing twice has nothing to say. */
  emptyReplies: number;
}

/** A model that only thought, or not even that, and means to be done. */
function saysNothing({ parts, stopReason }: ModelReply): boolean {
  return stopReason === "end" && !parts.some((part) => part.type === "tool_call" || isSaid(part));
}

function isSaid(part: AssistantPart): boolean {
  return part.type === "text" && part.text.trim() !== "";
}

/**
 * The parsed base URL of a service.
 *
 * @throws ConfigError for what is no http or https URL, or holds a password
 */
export function parseBaseUrl(name: string, baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ConfigError(`the base URL of ${name} must be an http or https URL without user and password`);
  }
  return url;
}

/** All services name these alike. */
function unstreamed({ stream: _stream, stream_options: _options, ...body }: JsonObject): JsonObject {
  return body;
}

function serviceOf({ name, apiKey, keyVariable }: ServiceOptions, url: string): Service {
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ConfigError(`${keyVariable} holds a space, a line break or a character that no key has; set it again`);
  }
  const { origin, pathname, searchParams } = new URL(url);
  const inQuery = [...searchParams.values()].filter((value) => value.length >= leastSecretChars);
  const hideKey = openMask([apiKey ?? "", ...inQuery]);
  return { name, shownUrl: hideKey(origin + pathname), keyVariable, hideKey };
}

/** Some services take their key in the query; a value that is shorter is none, such as a version. */
const leastSecretChars = 16;

function lostConnection(thrown: unknown, begun: boolean, service: Service): ProviderError {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const reason = service.hideKey(errorMessage(cause));
  const text = begun
    ? `lost the connection in the middle of its reply: ${reason}; try again`
    : `could not be reached at ${service.shownUrl}: ${reason}; check the base URL and the network`;
  return providerError(service, text, { retryable: true, cause: thrown });
}
