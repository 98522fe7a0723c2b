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
    refuse(response, 415, "send JSON, with the content type application/json", { connection: "close" });
    return undefined;
  }
  const pieces: Buffer[] = [];
  let sizeBytes = Number(request.headers["content-length"] ?? 0);
  if (!(sizeBytes > maxBytes)) {
    sizeBytes = 0;
    try {
      for await (const piece of request) {
        if (!Buffer.isBuffer(piece)) continue;
        sizeBytes += piece.length;
        if (sizeBytes > maxBytes) break;
        pieces.push(piece);
      }
    } catch {
      return undefined; // the client went away in the middle of it
    }
  }
  if (sizeBytes > maxBytes) {
    const message = `a message has at most ${maxBytes / 1024 / 1024} MiB; put what is large into a file and pass its path`;
    refuse(response, 413, message, { connection: "close" });
    return undefined;
  }
  return parse(Buffer.concat(pieces).toString("utf8"), response);
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
