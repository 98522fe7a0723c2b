import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { isJsonObject, type JsonObject } from "../message.ts";
import { once } from "../once.ts";
import type { Request } from "./json-rpc.ts";

/** The requests that few clients make, answered by the SDK. Loaded with the first of them. */
export interface RareMethods {
  answer(request: Request, initializeParams: JsonObject): Promise<JsonObject | undefined>;
}

/** Datasets as MCP resources: what each holds and where its file is, not the rows. */
export interface ResourceSource {
  list(): Promise<Resource[]>;
  /** The resource's text, or undefined where there is none at the address. */
  read(uri: string): Promise<string | undefined>;
}

export interface Resource {
  uri: string;
  name: string;
  description: string;
}

/** An SDK server behind a transport of our own: the handshake that the front answered is replayed and its reply swallowed. */
export function openRareMethods(serverInfo: { name: string; version: string }, resources: ResourceSource): RareMethods {
  const server = new Server(serverInfo, { capabilities: { resources: {} } });
  server.setRequestHandler(ListResourcesRequestSchema, async () => ({
    resources: (await resources.list()).map((resource) => ({ ...resource, mimeType: "application/json" })),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [] }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => {
    const text = await resources.read(uri);
    if (text === undefined)
      throw new McpError(
        ErrorCode.InvalidParams,
        `there is no resource ${uri.slice(0, 200)}; resources/list names them`,
      );
    return { contents: [{ uri, mimeType: "application/json", text }] };
  });

  const waiting = new Map<string, (reply: JsonObject) => void>();
  const transport: Transport = {
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    send(message) {
      if (isJsonObject(message) && typeof message["id"] === "string") waiting.get(message["id"])?.(message);
      return Promise.resolve();
    },
  };
  let handshake: JsonObject = {};
  let lastId = 0;

  const ask = (method: string, params: JsonObject): Promise<JsonObject> => {
    const id = `rare-${++lastId}`;
    const { promise, resolve } = Promise.withResolvers<JsonObject>();
    waiting.set(id, resolve);
    transport.onmessage?.({ jsonrpc: "2.0", id, method, params });
    return promise.finally(() => waiting.delete(id));
  };
  const connected = once(async () => {
    await server.connect(transport);
    await ask("initialize", handshake);
    transport.onmessage?.({ jsonrpc: "2.0", method: "notifications/initialized" });
  });

  return {
    async answer({ id, method, params }, initializeParams) {
      handshake = initializeParams;
      await connected.get();
      return { ...(await ask(method, params)), id };
    },
  };
}
