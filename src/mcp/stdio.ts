import type { Readable, Writable } from "node:stream";
import { readLines } from "../text/lines.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { toJson } from "../text/text.ts";
import {
  errorReply,
  idAtTheEdge,
  readMessage,
  rpcErrors,
  type Notification,
  type Request,
  type Response,
} from "./json-rpc.ts";

/** A longer message is refused: what is that large belongs in a file that is named by its path. */
export const maxMessageBytes = 16 * 1024 * 1024;

const maxBatch = 1_000;

export interface MessageHandler {
  /** Resolves with the reply, or undefined for a request that was cancelled and gets none. */
  onRequest: (request: Request) => Promise<JsonObject | undefined>;
  onNotification: (notification: Notification) => void;
  onResponse?: (response: Response) => void;
  /** Nothing more is coming: requests of ours that are open stay unanswered. */
  onEnd?: () => void;
}

export interface StdioTransport {
  /** Send a notification. Dropped while the client does not read, so that a slow client costs no memory. */
  notify(message: JsonObject): void;
  /** Send a message that must arrive. Resolves once there is room for the next. */
  deliver(message: JsonObject): Promise<void>;
  /** Settles when the input has ended and everything read from it is answered and written. */
  drained: Promise<void>;
  /** Settles when the client no longer reads. */
  gone: Promise<void>;
}

/**
 * Newline-delimited JSON-RPC. Every line gets what JSON-RPC owes it: a line that is no message, or too long, is
 * answered with an error and the next line is read; a batch is answered as a batch.
 */
export function openStdio(input: Readable, output: Writable, handler: MessageHandler): StdioTransport {
  const gone = Promise.withResolvers<void>();
  const drained = Promise.withResolvers<void>();
  const answering = new Set<Promise<void>>();

  const send = (message: JsonValue) => {
    if (output.writable) output.write(`${toJson(message)}\n`);
  };
  const track = (replying: Promise<JsonValue | undefined>) => {
    const task = replying.then((reply) => {
      if (reply !== undefined) send(reply);
      answering.delete(task);
    });
    answering.add(task);
  };

  readLines(input, maxMessageBytes, {
    onLine(line) {
      const value = parseLine(line);
      if (value === undefined)
        send(errorReply(null, rpcErrors.parse, "parse error: the line is not JSON; send one JSON-RPC message a line"));
      else track(Array.isArray(value) ? answerBatch(value, handler) : answer(value, handler));
    },
    onTooLong({ head, tail, sizeBytes }) {
      const limit = `at most ${maxMessageBytes / 1024 / 1024} MiB; put what is large into a file and pass its path`;
      send(
        errorReply(
          idAtTheEdge(head, tail),
          rpcErrors.invalidRequest,
          `invalid request: the line has ${sizeBytes} bytes, ${limit}`,
        ),
      );
    },
    onEnd() {
      handler.onEnd?.();
      void Promise.all(answering)
        .then(() => flushed(output))
        .then(drained.resolve);
    },
  });
  output.on("error", () => gone.resolve());
  output.on("close", () => gone.resolve());

  return {
    notify(message) {
      if (!output.writableNeedDrain) send(message);
    },
    async deliver(message) {
      send(message);
      if (!output.writableNeedDrain) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      output.once("drain", resolve).once("close", resolve);
      await promise;
      output.off("drain", resolve).off("close", resolve);
    },
    drained: drained.promise,
    gone: gone.promise,
  };
}

async function answer(value: unknown, handler: MessageHandler): Promise<JsonObject | undefined> {
  const message = readMessage(value);
  if (message.kind === "invalid") {
    return errorReply(message.id, rpcErrors.invalidRequest, `invalid request: ${message.reason}`);
  }
  if (message.kind === "request") return handler.onRequest(message.request);
  if (message.kind === "notification") handler.onNotification(message.notification);
  if (message.kind === "response") handler.onResponse?.(message.response);
  return undefined;
}

async function answerBatch(values: unknown[], handler: MessageHandler): Promise<JsonValue | undefined> {
  if (values.length === 0 || values.length > maxBatch) {
    const message = `invalid request: a batch holds 1 to ${maxBatch} messages, this one ${values.length}`;
    return errorReply(null, rpcErrors.invalidRequest, message);
  }
  const replies = await Promise.all(values.map((value) => answer(value, handler)));
  const owed = replies.filter((reply) => reply !== undefined);
  return owed.length === 0 ? undefined : owed;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function flushed(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (output.writable) output.write("", () => resolve());
    else resolve();
  });
}
