import type { IncomingMessage, ServerResponse } from "node:http";
import { rpcErrors, errorReply } from "./json-rpc.ts";
import { refuse, sendJson } from "./http-reply.ts";

/**
 * Read a request's body as JSON.
 *
 * @param maxBytes what is longer is refused before it has come whole
 * @returns undefined for one that was answered: too long, no JSON, or broken off
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<{ value: unknown } | undefined> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    refuse(response, 415, "send JSON, with the content type application/json");
    return undefined;
  }
  const toldBytes = Number(request.headers["content-length"] ?? 0);
  const body = toldBytes > maxBytes ? "too long" : await read(request, maxBytes);
  if (body === "too long") {
    const message = `a message has at most ${maxBytes / 1024 / 1024} MiB; put what is large into a file and pass its path`;
    refuse(response, 413, message);
    return undefined;
  }
  return body === "broken off" ? undefined : parse(body.toString("utf8"), response);
}

function read(request: IncomingMessage, maxBytes: number): Promise<Buffer | "too long" | "broken off"> {
  const { promise, resolve } = Promise.withResolvers<Buffer | "too long" | "broken off">();
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  request.on("data", (piece: Buffer) => {
    sizeBytes += piece.length;
    if (sizeBytes <= maxBytes) return void pieces.push(piece);
    pieces = [];
    resolve("too long");
  });
  request.once("end", () => resolve(Buffer.concat(pieces)));
  request.once("error", () => resolve("broken off"));
  request.once("close", () => resolve("broken off"));
  return promise;
}

function parse(text: string, response: ServerResponse): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    sendJson(response, 400, errorReply(null, rpcErrors.parse, "parse error: the body is not JSON"));
    return undefined;
  }
}
