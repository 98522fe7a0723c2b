import type { ServerResponse } from "node:http";
import { errorReply, rpcErrors } from "./json-rpc.ts";

/** How much of a body whose request was refused is let go by before its connection is closed. */
const maxRestBytes = 32 * 1024 * 1024;

/** Refuse a request that reached no server of the protocol: as JSON-RPC has it, with what to do. */
export function refuse(response: ServerResponse, status: number, message: string, head: Head = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sendJson(response, status, errorReply(null, rpcErrors.invalidRequest, message), head);
  letGoBy(response);
}

export type Head = Readonly<Record<string, string>>;

export function sendJson(response: ServerResponse, status: number, value: unknown, head: Head = {}): void {
  const text = JSON.stringify(value);
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, { "content-type": "application/json", "content-length": length, ...head });
  response.end(text);
}

/**
 * Many clients read an answer only when they have sent all, and would find the connection reset in its place if it were
 * closed before; nothing of what they still send is kept, and it is not taken for ever.
 */
function letGoBy({ req: request }: ServerResponse): void {
  let leftBytes = maxRestBytes;
  request.on("data", (piece: Buffer) => {
    leftBytes -= piece.length;
    if (leftBytes < 0) request.socket.destroy();
  });
}
