import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { HostResponse } from "../../host.ts";
import type { JsonValue, Usage } from "../../message.ts";
import { beginning } from "../../text/text.ts";
import type { ModelEvent, ModelReply } from "../provider.ts";
import { parseJson } from "./parse-json.ts";
import { errorIn, errorInReply, foreignReply, providerError, type Service } from "./refusal.ts";
import type { Watchdog } from "./watchdog.ts";

/** Puts a reply together from what one service sends. */
export interface ReplyReader {
  /**
   * Take in one event of a stream, or the whole reply that a server gives which does not stream. Returns what is new to
   * show; undefined for what is nothing of this service's format.
   */
  accept(value: JsonValue): ModelEvent[] | undefined;
  /** The reply has come, however little of it. */
  begun(): boolean;
  /** The model said why it stopped: nothing of the reply is missing. */
  complete(): boolean;
  /** Nothing more comes, usage included. */
  ended(): boolean;
  /** What was counted so far. */
  usage(): Usage | undefined;
  finish(): ModelReply;
}

export interface ReadOptions {
  service: Service;
  /** What is read goes in here. */
  reply: ReplyReader;
  watchdog: Watchdog;
}

const transient = { retryable: true };
const maxReceivedChars = 64_000_000;
const headChars = 2_000;
/** How long a whole reply waits for the end of its stream, so that the connection can serve again. */
const endGraceMs = 100;
/** The same while the usage may still come. */
const usageGraceMs = 3_000;

/**
 * Read a reply and yield what is new to show. It may be a stream of server-sent events or, from servers that do not
 * stream, one JSON document.
 *
 * @throws ProviderError for an error inside the reply, for what is no reply at all, and for half of one
 */
export async function* readReply(response: HostResponse, options: ReadOptions): AsyncGenerator<ModelEvent, void> {
  const isStream = response.headers.get("content-type")?.includes("event-stream") ?? false;
  const reading = openReading(options, isStream);
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const piece = reader && (await within(options.watchdog.next(reader.read()), reading.graceMs()));
      if (piece === undefined || piece.done) break;
      yield* reading.take(decoder.decode(piece.value, { stream: true }));
    }
  } finally {
    // rejects where the stream has failed already, with the error that is on its way
    await reader?.cancel().catch(() => undefined);
  }
  yield* reading.finish();
}

/** Makes sense of the text of a reply, piece by piece. */
function openReading({ reply, service }: ReadOptions, isStream: boolean) {
  const queue: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => queue.push(event) });
  let head = "";
  let sizeChars = 0;
  let document: string | undefined;
  let ended = false;
  let isOver = false;

  const drain = (): ModelEvent[] =>
    queue.splice(0).flatMap(({ event, data }) => {
      ended ||= data.trim() === "[DONE]";
      return ended || data.trim() === "" ? [] : accept(data, event === "error");
    });

  const accept = (json: string, isError: boolean): ModelEvent[] => {
    const value = parseJson(json);
    const error = errorIn(value, isError) ?? (isError ? json : undefined);
    if (error !== undefined) throw errorInReply(error, service);
    if (value === undefined && isOver && /^\s*[{[]/.test(json)) return []; // cut off in its middle
    const events = value === undefined ? undefined : reply.accept(value);
    if (events === undefined) throw foreignReply(json, service);
    ended ||= reply.ended();
    return events;
  };

  return {
    /** How long the rest may be waited for; undefined while the reply is not whole. */
    graceMs: () => (ended ? endGraceMs : reply.complete() ? usageGraceMs : undefined),
    take(text: string): ModelEvent[] {
      sizeChars += text.length;
      if (sizeChars > maxReceivedChars) throw providerError(service, "sent far too long a reply", { retryable: false });
      const isFirst = head.trim() === "";
      if (head.length < headChars) head += beginning(text, headChars);
      if (isFirst && /^\s*[<{[]/.test(head)) document = "";
      if (document === undefined) parser.feed(text);
      else document += text;
      return drain();
    },
    /** What was left over; throws unless the reply is whole. */
    finish(): ModelEvent[] {
      isOver = true;
      // not every server ends its last event with an empty line
      if (document === undefined) parser.feed("\n\n");
      const events = document === undefined ? drain() : accept(document, false);
      if (reply.complete() || (ended && reply.finish().parts.length > 0)) return events;
      if (reply.begun() && !ended)
        throw providerError(service, "broke off in the middle of its reply; try again", transient);
      if (ended) throw providerError(service, "sent a reply with nothing in it; try again", transient);
      if (document === undefined ? !isStream : !/^\s*[{[]/.test(document) || parseJson(document) !== undefined) {
        throw foreignReply(head, service);
      }
      const advice = "try again, and check the base URL if it does so each time";
      throw providerError(service, `at ${service.shownUrl} broke off before its reply had begun; ${advice}`, transient);
    },
  };
}

/** `piece`, or undefined when it does not come within `graceMs`. */
async function within<Piece>(piece: Promise<Piece>, graceMs: number | undefined): Promise<Piece | undefined> {
  if (graceMs === undefined) return piece;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, graceMs, undefined);
  try {
    return await Promise.race([piece, promise]);
  } finally {
    clearTimeout(timer);
  }
}
