import type { ServerResponse } from "node:http";
import { errorReply, rpcErrors } from "./json-rpc.ts";

/** Refuse a request that reached no server of the protocol: as JSON-RPC has it, with what to do. */
export function refuse(response: ServerResponse, status: number, message: string, head: Head = {}): void {
  if (response.headersSent) response.destroy();
  else sendJson(response, status, errorReply(null, rpcErrors.invalidRequest, message), head);
}

export type Head = Readonly<Record<string, string>>;

export function sendJson(response: ServerResponse, status: number, value: unknown, head: Head = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...head });
  response.end(JSON.stringify(value));
}
