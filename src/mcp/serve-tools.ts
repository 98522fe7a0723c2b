import { isJsonObject, type JsonObject } from "../message.ts";
import { once } from "../once.ts";
import type { ToolDefinition } from "../tools/tool.ts";
import { agentMethod, openAgentRuns, type RunAgent } from "./agent-runs.ts";
import type { Catalogue } from "./catalogue.ts";
import { capabilities, serverInfo } from "./introduction.ts";
import { errorReply, resultReply, rpcErrors, type Notification, type Request, type Response } from "./json-rpc.ts";
import { toListedTool } from "./result.ts";
import type { SdkConnection } from "./sdk-connection.ts";
import { openToolCalls, type ToolCallsBackend } from "./tool-calls.ts";
import type { ProtocolServerOptions } from "./protocol-server.ts";

export interface ToolServerOptions extends ProtocolServerOptions {
  notify: (message: JsonObject) => void;
  /** Sends what must arrive. */
  deliver: (message: JsonObject) => Promise<void>;
  /** Whether the backend runs an agent for clients that ask for its events. */
  agent?: boolean;
  /** As `ToolCallsOptions.prepare`. */
  prepare?: (tool: string) => () => void;
}

export interface ToolBackend extends ToolCallsBackend {
  definitions(): Promise<readonly ToolDefinition[]>;
  runAgent?: RunAgent;
  /** Undefined where a server offers none. */
  catalogue?: () => Promise<Catalogue>;
}

export interface ToolServer {
  onRequest(request: Request): Promise<JsonObject | undefined>;
  onNotification(notification: Notification): void;
  onResponse(response: Response): void;
  /** The client sends nothing more. */
  onEnd(): void;
  /** Stop every call in flight; none is answered any more. */
  abort(): void;
}

/** The revisions of MCP served over `initialize`, newest first. */
export const protocolVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** What a request of the revision of 2026 carries, and no earlier one. */
const modernMark = "io.modelcontextprotocol/protocolVersion";

/**
 * MCP's common requests, answered without the SDK, which costs more to load than all of this takes: the handshake,
 * `ping`, `tools/list` and `tools/call` of the 2025 revisions. What else a client asks goes to the SDK, and so does
 * everything that a client of the 2026 revision asks.
 */
export function openToolServer(options: ToolServerOptions): ToolServer {
  const calls = openToolCalls(options);
  const runs = openAgentRuns(options.deliver);
  let handshake: JsonObject = {
    protocolVersion: protocolVersions[0],
    capabilities: {},
    clientInfo: { name: "unknown", version: "0" },
  };
  const modern = once(() => connect(options));
  // the handshake was answered here: it is replayed
  const rare = once(async () => {
    const connection = await connect(options);
    await connection.ask({ id: "handshake", method: "initialize", params: handshake });
    connection.tell({ method: "notifications/initialized", params: {} });
    return connection;
  });

  const handle = async (request: Request): Promise<JsonObject | undefined> => {
    if (isModern(request)) return (await modern.get()).ask(request);
    switch (request.method) {
      case "initialize":
        handshake = request.params;
        return resultReply(request.id, initializeResult(request.params, options));
      case "ping":
        return resultReply(request.id, {});
      case "tools/list": {
        const backend = await options.backend();
        return resultReply(request.id, { tools: (await backend.definitions()).map(toListedTool) });
      }
      case "tools/call":
        return calls.answer(request);
      case agentMethod: {
        const { runAgent } = await options.backend();
        return runAgent === undefined ? (await rare.get()).ask(request) : runs.answer(request, runAgent);
      }
      default:
        return (await rare.get()).ask(request);
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
    onNotification(notification) {
      const { method, params } = notification;
      if (method !== "notifications/cancelled") return;
      calls.cancel(params["requestId"]);
      runs.cancel(params["requestId"]);
      for (const connection of [modern, rare]) void connection.opened().then((opened) => opened?.tell(notification));
    },
    onResponse: (response) => runs.onResponse(response),
    onEnd: () => runs.onEnd(),
    abort() {
      calls.abort();
      runs.abort();
    },
  };
}

function isModern({ method, params: { _meta: meta } }: Request): boolean {
  return method === "server/discover" || (isJsonObject(meta) && modernMark in meta);
}

async function connect({ notify, deliver: _deliver, ...options }: ToolServerOptions): Promise<SdkConnection> {
  const [{ openSdkConnection }, { openProtocolServer }] = await Promise.all([
    import("./sdk-connection.ts"),
    import("./protocol-server.ts"),
  ]);
  return openSdkConnection({ createServer: () => openProtocolServer(options), notify });
}

function initializeResult(params: JsonObject, options: ToolServerOptions): JsonObject {
  const { instructions, agent = false } = options;
  const protocolVersion = protocolVersions.find((known) => known === params["protocolVersion"]) ?? protocolVersions[0];
  return {
    protocolVersion,
    capabilities: { ...capabilities(options), ...(agent ? { experimental: { [agentMethod]: {} } } : {}) },
    serverInfo: serverInfo(options),
    ...(instructions === undefined ? {} : { instructions }),
  };
}
