import { ProviderError, type ProviderErrorOptions } from "../../errors.ts";
import type { HostResponse } from "../../host.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../message.ts";
import { cutText } from "../../text/text.ts";
import { parseJson } from "./parse-json.ts";
import { adviceFor, isSpent, kindOf, waitIn } from "./refusal-kind.ts";

/** Who was asked, for messages. */
export interface Service {
  name: string;
  /** Address of the request without its query, the key in it masked: for messages alone. */
  shownUrl: string;
  /** The environment variable that holds its key. */
  keyVariable: string;
  /**
   * Takes the key out of what the service said, however it spells it: it quotes it when it refuses it. To be given whole
   * texts, for half a key is none. Our own words are not given to it.
   */
  hideKey(text: string): string;
}

/** @param text what it did, in which everything of its own is masked already (`hideKey`) */
export function providerError(service: Service, text: string, options: ProviderErrorOptions): ProviderError {
  return new ProviderError(`${service.name} ${text}`, options);
}

const retryableStatuses = new Set([408, 409, 429]);
const quotedChars = 300;
const maxReadChars = 65_536;

/** The error of a reply whose status is not a success. Reads the beginning of the body. */
export async function refusalOf(response: HostResponse, service: Service): Promise<ProviderError> {
  const { status, headers } = response;
  const body = await readStart(response);
  const retryAfterMs = readRetryAfter(headers) ?? waitIn(body);
  const kind = kindOf(status, body, retryAfterMs);
  const said = describeBody(body, service);
  const advice =
    status >= 300 && status < 400
      ? `it redirects to ${service.hideKey(headers.get("location") ?? "nowhere")}: correct the base URL`
      : adviceFor(kind, status, service.keyVariable);
  const text = `answered ${status} at ${service.shownUrl}${said === "" ? "" : `: ${said}`}; ${advice}`;
  const isPassing = (retryableStatuses.has(status) || status >= 500) && kind !== "context";
  const retryable = isPassing && !isSpent(body, retryAfterMs) && headers.get("x-should-retry") !== "false";
  return providerError(service, text, { kind, retryable, status, retryAfterMs });
}

/** The error inside a reply that came with a success status; undefined where there is none. */
export function errorIn(value: JsonValue | undefined, isError: boolean): JsonValue | undefined {
  if (isError) return isJsonObject(value) ? (saying(value["error"]) ?? value) : value;
  if (!isJsonObject(value)) return undefined;
  // Responses tell of a failure in an event of their own, or inside of the response that failed
  const { response, type } = value;
  const isEnd = type === "response.failed" || type === "response.completed" || type === "response.done";
  const ended = value["object"] === "response" ? value : isEnd && isJsonObject(response) ? response : {};
  return (
    saying(value["error"]) ?? saying(ended["error"]) ?? unfinished(ended) ?? (type === "error" ? value : undefined)
  );
}

/** Of Responses: what has failed without a word of why, and what was to be waited for. */
function unfinished({ status }: JsonObject): JsonValue | undefined {
  if (status === "failed") return "a server error that it does not name";
  const isUnder = status === "in_progress" || status === "queued" || status === "cancelled";
  return isUnder ? `its response is ${status}, not completed` : undefined;
}

/** Some servers put an empty error beside a good reply. */
function saying(error: JsonValue | undefined): JsonValue | undefined {
  const isEmpty = !error || (isJsonObject(error) && Object.keys(error).length === 0);
  return isEmpty ? undefined : error;
}

/** The error of a reply that came with a success status and is none, e.g. `{"error": {"message": …}}` in a stream. */
export function errorInReply(error: JsonValue, service: Service): ProviderError {
  const text = JSON.stringify(error);
  const code = isJsonObject(error) ? Number(error["code"] ?? error["status"]) : NaN;
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : undefined;
  const kind = kindOf(status, text);
  const transient = /overloaded|rate.?limit|server.?error|internal.?error|api_error|unavailable|time.?out|try again/i;
  const isPassing = status === undefined ? transient.test(text) : retryableStatuses.has(status) || status >= 500;
  const retryable = isPassing && kind !== "context" && !isSpent(text);
  const advice = retryable || kind === "other" ? undefined : adviceFor(kind, status, service.keyVariable);
  const said = describeError(error, service) ?? quote(text, service);
  const advised = advice ?? (retryable ? "try again later" : "see what it objects to");
  return providerError(service, `broke off with an error: ${said}; ${advised}`, {
    kind,
    retryable,
    status,
    retryAfterMs: waitIn(text),
  });
}

/** The error of a reply that is neither a stream nor JSON. */
export function foreignReply(body: string, service: Service): ProviderError {
  const said = describeBody(body, service) || "nothing";
  const text = `at ${service.shownUrl} answered with ${said}, not with a reply of a model; check the base URL`;
  return providerError(service, text, { retryable: false });
}

function describeBody(body: string, service: Service): string {
  const text = body.trim();
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
    return `an HTML page${title ? ` titled "${quote(title, service)}"` : ""}`;
  }
  return describeError(parseJson(text), service) ?? quote(text, service);
}

/** The sentence inside the shapes that services give their errors; undefined where there is none. */
function describeError(value: JsonValue | undefined, service: Service): string | undefined {
  if (typeof value === "string") return quote(value, service);
  if (!isJsonObject(value)) return undefined;
  const inner = [value["error"], value["message"], value["detail"]].find((candidate) => candidate !== undefined);
  return inner === undefined ? undefined : (describeError(inner, service) ?? quote(JSON.stringify(inner), service));
}

function readRetryAfter(headers: HostResponse["headers"]): number | undefined {
  const exactMs = Number(headers.get("retry-after-ms") ?? NaN);
  if (exactMs >= 0) return exactMs;
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

async function readStart({ body }: HostResponse): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = "";
  while (text.length <= maxReadChars) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) return text;
    text += decoder.decode(piece.value, { stream: true });
  }
  await reader?.cancel();
  return text;
}

function quote(text: string, { hideKey }: Service): string {
  return cutText(hideKey(text.replace(/\s+/g, " ").trim()), quotedChars);
}
