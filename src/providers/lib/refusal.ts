import { ProviderError, type ProviderErrorOptions } from "../../errors.ts";
import { isJsonObject, type JsonValue } from "../../message.ts";
import { cutText } from "../../text.ts";
import { parseJson } from "./parse-json.ts";

/** Who was asked, for messages. */
export interface Service {
  name: string;
  /** Address of the request, without credentials or query. */
  url: string;
  /** The environment variable that holds its key. */
  keyVariable: string;
  /** Takes the key out of a text: services quote it when they refuse it. */
  hideKey(text: string): string;
}

export function providerError(service: Service, text: string, options: ProviderErrorOptions): ProviderError {
  return new ProviderError(service.hideKey(`${service.name} ${text}`), options);
}

const retryableStatuses = new Set([408, 409, 429]);
const quotedChars = 300;

/** The error of a reply whose status is not a success. Reads the body, at most 64 KB of it. */
export async function refusalOf(response: Response, service: Service): Promise<ProviderError> {
  const { status } = response;
  const body = await readStart(response);
  const retryable = (retryableStatuses.has(status) || status >= 500) && !/insufficient_quota|billing/.test(body);
  const retryAfterMs = readRetryAfter(response.headers);
  const said = describeBody(body);
  const text = `answered ${status} at ${service.url}${said === "" ? "" : `: ${said}`}; ${advice(response, service)}`;
  return providerError(service, text, { retryable, status, retryAfterMs });
}

/** The error of a reply that came with a success status and is none, e.g. `{"error": {"message": …}}` in a stream. */
export function errorInReply(error: JsonValue, service: Service): ProviderError {
  const text = JSON.stringify(error);
  const code = isJsonObject(error) ? Number(error["code"] ?? error["status"]) : NaN;
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : undefined;
  const transient = /overloaded|rate.?limit|server.?error|internal.?error|unavailable|time.?out|try again/i.test(text);
  const retryable = status === undefined ? transient : retryableStatuses.has(status) || status >= 500;
  const advised = retryable ? "try again later" : "see what it objects to";
  const said = describeError(error) ?? clip(text);
  return providerError(service, `broke off with an error: ${said}; ${advised}`, { retryable, status });
}

/** The error of a reply that is neither a stream nor JSON. */
export function foreignReply(body: string, service: Service): ProviderError {
  const said = describeBody(body) || "nothing";
  const text = `at ${service.url} answered with ${said}, not with a chat completion; check the base URL`;
  return providerError(service, text, { retryable: false });
}

function advice(response: Response, { keyVariable }: Service): string {
  const { status } = response;
  if (status >= 300 && status < 400)
    return `it redirects to ${response.headers.get("location") ?? "nowhere"}: correct the base URL`;
  if (status === 401 || status === 403) return `check ${keyVariable}`;
  if (status === 404 || status === 405) return "check the model's name and the base URL";
  if (status === 413) return "the conversation is too long for this model: begin a new session";
  if (status === 429) return "the rate limit or the quota is used up: try again later or use another model";
  return status >= 500 || status === 408 ? "try again later" : "see what it objects to";
}

function describeBody(body: string): string {
  const text = body.trim();
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
    return `an HTML page${title ? ` titled "${clip(title)}"` : ""}`;
  }
  return describeError(parseJson(text)) ?? clip(text);
}

/** The sentence inside the shapes that services give their errors; undefined where there is none. */
function describeError(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return clip(value);
  if (!isJsonObject(value)) return undefined;
  const inner = [value["error"], value["message"], value["detail"]].find((candidate) => candidate !== undefined);
  return inner === undefined ? undefined : (describeError(inner) ?? clip(JSON.stringify(inner)));
}

function readRetryAfter(headers: Headers): number | undefined {
  const exactMs = Number(headers.get("retry-after-ms") ?? NaN);
  if (exactMs >= 0) return exactMs;
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const body: ReadableStream<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 65_536) break;
  }
  return text;
}

function clip(text: string): string {
  return cutText(text.replace(/\s+/g, " ").trim(), quotedChars);
}
