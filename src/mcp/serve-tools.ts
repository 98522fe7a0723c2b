import type { JsonObject } from "../message.ts";
import type { ToolDefinition } from "../tools/tool.ts";
import { errorReply, resultReply, rpcErrors, type Notification, type Request } from "./json-rpc.ts";
import { toListedTool } from "./result.ts";
import { openToolCalls, type ToolCallsBackend } from "./tool-calls.ts";
import type { RareMethods } from "./rare-methods.ts";

export interface ToolServerOptions {
  name: string;
  version: string;
  /** Told to the model by clients that do. */
  instructions?: string;
  /** Whether datasets are offered as resources. */
  resources: boolean;
  /** Opened by the first request that needs it, never by the handshake. */
  backend: () => Promise<ToolBackend>;
  notify: (message: JsonObject) => void;
}

export interface ToolBackend extends ToolCallsBackend {
  definitions(): Promise<readonly ToolDefinition[]>;
  /** Answers everything but the handshake and tools; undefined where a server offers nothing else. */
  rareMethods?: RareMethods;
}

export interface ToolServer {
  onRequest(request: Request): Promise<JsonObject | undefined>;
  onNotification(notification: Notification): void;
  /** Stop every call in flight; none is answered any more. */
  abort(): void;
}

/** The revisions of MCP served over `initialize`, newest first. */
export const protocolVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/**
 * MCP's common requests, answered without the SDK, which costs more to load than all of this takes: the handshake,
 * `ping`, `tools/list` and `tools/call`. What else a client asks goes to `rareMethods`.
 */
export function openToolServer(options: ToolServerOptions): ToolServer {
  const calls = openToolCalls(options);
  let initializeParams: JsonObject = {
    protocolVersion: protocolVersions[0],
    capabilities: {},
    clientInfo: { name: "unknown", version: "0" },
  };

  const handle = async (request: Request): Promise<JsonObject | undefined> => {
    switch (request.method) {
      case "initialize":
        initializeParams = request.params;
        return resultReply(request.id, initializeResult(request.params, options));
      case "ping":
        return resultReply(request.id, {});
      case "tools/list": {
        const backend = await options.backend();
        return resultReply(request.id, { tools: (await backend.definitions()).map(toListedTool) });
      }
      case "tools/call":
        return calls.answer(request);
      default: {
        const reply = await (await options.backend()).rareMethods?.answer(request, initializeParams);
        return (
          reply ?? errorReply(request.id, rpcErrors.methodNotFound, `method not found: ${request.method.slice(0, 100)}`)
        );
      }
    }
  };

  return {
    async onRequest(request) {
      try {
        return await handle(request);
      } catch (thrown) {
        return errorReply(request.id, rpcErrors.internal, thrown instanceof Error ? thrown.message : String(thrown));
      }
    },
    onNotification({ method, params }) {
      if (method === "notifications/cancelled") calls.cancel(params["requestId"]);
    },
    abort: () => calls.abort(),
  };
}

function initializeResult(
  params: JsonObject,
  { name, version, instructions, resources }: ToolServerOptions,
): JsonObject {
  const protocolVersion = protocolVersions.find((known) => known === params["protocolVersion"]) ?? protocolVersions[0];
  return {
    protocolVersion,
    capabilities: { tools: {}, ...(resources ? { resources: {} } : {}) },
    serverInfo: { name, version },
    ...(instructions === undefined ? {} : { instructions }),
  };
}
