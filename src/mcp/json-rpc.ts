import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/** JSON-RPC 2.0 as MCP uses it: https://www.jsonrpc.org/specification, ids are strings or integers, never null. */

export type RequestId = string | number;

export interface Request {
  id: RequestId;
  method: string;
  params: JsonObject;
}

export interface Notification {
  method: string;
  params: JsonObject;
}

/** The answer to a request of ours; `error` is what it says instead of a result. */
export interface Response {
  id: RequestId | null;
  result?: JsonValue;
  error?: JsonValue;
}

export type Incoming =
  | { kind: "request"; request: Request }
  | { kind: "notification"; notification: Notification }
  | { kind: "response"; response: Response }
  | { kind: "invalid"; id: RequestId | null; reason: string };

export const rpcErrors = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
} as const;

/** Sort one parsed message; anything that is none is `invalid`, with the id it can be answered under. */
export function readMessage(value: unknown): Incoming {
  if (!isJsonObject(value)) return { kind: "invalid", id: null, reason: "a message is a JSON object" };
  const { id, method, params } = value;
  const validId = typeof id === "string" || (typeof id === "number" && Number.isFinite(id)) ? id : null;
  if (value["jsonrpc"] !== "2.0") return { kind: "invalid", id: validId, reason: 'the member "jsonrpc" must be "2.0"' };
  if (typeof method !== "string") {
    const { result, error } = value;
    if (result !== undefined) return { kind: "response", response: { id: validId, result } };
    if (error !== undefined) return { kind: "response", response: { id: validId, error } };
    return { kind: "invalid", id: validId, reason: 'the member "method" must be a string' };
  }
  if (params !== undefined && !isJsonObject(params)) {
    return { kind: "invalid", id: validId, reason: 'the member "params" must be an object' };
  }
  if (!("id" in value)) return { kind: "notification", notification: { method, params: params ?? {} } };
  if (validId === null) return { kind: "invalid", id: null, reason: 'the member "id" must be a string or a number' };
  return { kind: "request", request: { id: validId, method, params: params ?? {} } };
}

export function resultReply(id: RequestId, result: JsonObject): JsonObject {
  return { jsonrpc: "2.0", id, result };
}

export function errorReply(id: RequestId | null, code: number, message: string, details?: JsonValue): JsonObject {
  return { jsonrpc: "2.0", id, error: { code, message, ...(details === undefined ? {} : { data: details }) } };
}

export function notification(method: string, params: JsonObject): JsonObject {
  return { jsonrpc: "2.0", method, params };
}

/**
 * The id of a message of which only the two ends were kept, so that a call too long to read can still be answered.
 * Only scalar members may stand between the id and the end of the message it is read from: an id inside `params` is
 * never taken for the message's.
 */
export function idAtTheEdge(head: string, tail: string): RequestId | null {
  const scalar = String.raw`(?:"(?:[^"\\]|\\.)*"|-?\d+|true|false|null)`;
  const member = String.raw`\s*"\w+"\s*:\s*${scalar}\s*`;
  const id = String.raw`\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*`;
  const found =
    new RegExp(`^\\s*\\{(?:${member},)*${id},`).exec(head) ??
    new RegExp(`\\},(?:${member},)*${id}(?:,${member})*\\}\\s*$`).exec(tail);
  const text = found?.[1];
  if (text === undefined) return null;
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "string" || typeof parsed === "number" ? parsed : null;
}
