import type { Server, Transport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { isJsonObject, type JsonObject } from "../message.ts";
import { errorReply, rpcErrors, type Notification, type Request, type RequestId } from "./json-rpc.ts";

/** The SDK behind a reader of our own: it gets messages that are read already, and its replies go back by their ids. */
export interface SdkConnection {
  /** Resolves with the reply, or undefined for a request that was cancelled. */
  ask(request: Request): Promise<JsonObject | undefined>;
  tell(notification: Notification): void;
}

export interface SdkConnectionOptions {
  createServer: () => Server;
  /** What the server says unasked, e.g. progress. */
  notify: (message: JsonObject) => void;
}

export function openSdkConnection({ createServer, notify }: SdkConnectionOptions): SdkConnection {
  const waiting = new Map<RequestId, (reply: JsonObject | undefined) => void>();
  const transport: Transport = {
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    send(message) {
      if (!isJsonObject(message)) return Promise.resolve();
      const { id } = message;
      if (typeof message["method"] === "string") notify(message);
      else if (typeof id === "string" || typeof id === "number") waiting.get(id)?.(message);
      return Promise.resolve();
    },
  };
  serveStdio(createServer, { transport });

  return {
    async ask({ id, method, params }) {
      if (waiting.has(id)) {
        return errorReply(
          id,
          rpcErrors.invalidRequest,
          `the id ${JSON.stringify(id)} is in use by a request in flight`,
        );
      }
      const { promise, resolve } = Promise.withResolvers<JsonObject | undefined>();
      waiting.set(id, resolve);
      transport.onmessage?.({ jsonrpc: "2.0", id, method, params });
      return promise.finally(() => waiting.delete(id));
    },
    tell({ method, params }) {
      transport.onmessage?.({ jsonrpc: "2.0", method, params });
      if (method !== "notifications/cancelled") return;
      const id = params["requestId"];
      if (typeof id === "string" || typeof id === "number") waiting.get(id)?.(undefined);
    },
  };
}
