import { z } from "zod";
import { ToolError } from "../../errors.ts";
import type { JsonValue } from "../../message.ts";
import type { OpenReply, Refusal } from "../exchange.ts";
import type { Fetcher } from "../fetch.ts";
import { inflate } from "../inflate.ts";
import { receiveWhole } from "../page-body.ts";
import type { BackendKind, SearchBackend, SearchPage, SearchRequest } from "./backend.ts";
import { spanText } from "./wire.ts";

/** Of a reply, compressed or not. */
const maxReplyBytes = 2_000_000;
const maxRefusalBytes = 64_000;
/** A service that wants to be left alone for longer is not asked again. */
const maxPauseMs = 10_000;

export interface Asking {
  kind: BackendKind;
  backend: SearchBackend;
  fetcher: Fetcher;
  /** For all attempts together. */
  timeoutMs: number;
  /** Takes the keys out of a text. */
  hide: (text: string) => string;
}

/**
 * Ask a backend for one page.
 *
 * @throws ToolError whose message begins with the backend's title; the signal's reason once it aborts
 */
export async function askBackend(request: SearchRequest, asking: Asking): Promise<SearchPage> {
  const { kind, backend, fetcher, timeoutMs, hide } = asking;
  const { origin } = backend.endpoint;
  const fetched = await fetcher.get({
    url: request.url.href,
    order: 0,
    timeoutMs,
    maxPauseMs,
    whenLate: `it did not answer within ${spanText(timeoutMs / 1_000)}; try again`,
    whenLimited: "try again later",
    headersFor: (url) => ({ "accept-encoding": "gzip", ...(url.origin === origin ? request.headers : {}) }),
    // What is asked is nobody else's business, and a key less so.
    async admit(url) {
      if (url.origin === origin) return;
      const remedy = backend.isOwnHost ? `; if that is meant, set ${kind.variables.join(" and ")} to it` : "";
      throw new ToolError("provider_error", `it redirects to ${url.origin}, which is not asked${remedy}`);
    },
    receive: readJson,
    explain: (reply, usual) => explain(reply, usual, backend),
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  try {
    if (!fetched.ok) throw fetched.error;
    return readPage(fetched.body, backend);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    // A host that is not there is not a query without hits.
    const code = thrown.code === "not_found" ? "unavailable" : thrown.code;
    throw new ToolError(code, hide(`${kind.title}: ${thrown.message}`), { cause: thrown });
  }
}

async function readJson(reply: OpenReply): Promise<JsonValue> {
  const text = await readText(reply, maxReplyBytes, "error");
  const json = parseJson(text);
  if (json !== undefined) return json;
  throw new ToolError("unreadable", `${reply.url.host}: the reply is not JSON; check that this is a search service`);
}

function readPage(reply: JsonValue, backend: SearchBackend): SearchPage {
  try {
    return backend.read(reply);
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const message = `${backend.endpoint.host}: the reply is no list of search results; check that this is the right service`;
    throw new ToolError("unreadable", message, { cause: thrown });
  }
}

async function readText(reply: OpenReply, maxBytes: number, overflow: "error" | "cut"): Promise<string> {
  const limits = { maxBytes, overflow, isWelcome: () => true };
  const { bytes, contentEncoding } = await receiveWhole(reply, limits);
  return new TextDecoder().decode(inflate(bytes, contentEncoding, maxBytes));
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined; // what that means, each caller says
  }
}

async function explain(reply: OpenReply, usual: Refusal, backend: SearchBackend): Promise<Refusal> {
  const body = parseJson(await readRefusal(reply));
  const { status, header } = reply;
  const told = backend.explain({ status, header, body, afterMs: usual.afterMs });
  if (told !== undefined) return { error: new ToolError(told.code, told.message), afterMs: told.afterMs };
  const advice = status >= 500 ? "try again later" : "its interface may have changed";
  return { ...usual, error: new ToolError("provider_error", `${usual.error.message}; ${advice}`) };
}

/** A refusal that cannot be read is one all the same: its status says something. */
async function readRefusal(reply: OpenReply): Promise<string> {
  try {
    return await readText(reply, maxRefusalBytes, "cut");
  } catch (thrown) {
    if (thrown instanceof ToolError) return "";
    throw thrown;
  }
}
