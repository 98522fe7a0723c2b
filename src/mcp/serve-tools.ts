import type { Engine } from "../engine/engine.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import type { Progress, ToolDefinition } from "../tools/tool.ts";
import { errorReply, notification, resultReply, rpcErrors, type Notification, type Request, type RequestId } from "./json-rpc.ts";
import { toCallToolResult, toListedTool } from "./result.ts";
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

export interface ToolBackend {
  definitions(): Promise<readonly ToolDefinition[]>;
  engine: Engine;
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

/** Progress is sent at most this often for one call. */
const progressIntervalMs = 100;
const maxCallsInFlight = 1_000;

/**
 * MCP's common requests, answered without the SDK, which costs more to load than all of this takes: the handshake,
 * `ping`, `tools/list` and `tools/call`. What else a client asks goes to `rareMethods`.
 */
export function openToolServer(options: ToolServerOptions): ToolServer {
  const calls = new Map<RequestId, AbortController>();
  let initializeParams: JsonObject = { protocolVersion: protocolVersions[0], capabilities: {}, clientInfo: { name: "unknown", version: "0" } };

  const callTool = async ({ id, params }: Request): Promise<JsonObject | undefined> => {
    const { name, arguments: input, _meta: meta } = params;
    if (typeof name !== "string") return errorReply(id, rpcErrors.invalidParams, 'tools/call needs "name", a string');
    if (calls.has(id)) return errorReply(id, rpcErrors.invalidRequest, `the id ${JSON.stringify(id)} is in use by a call in flight`);
    if (calls.size >= maxCallsInFlight) {
      const message = `${maxCallsInFlight} calls are in flight; wait for some of them and call again`;
      return resultReply(id, toCallToolResult({ ok: false, code: "unavailable", message }));
    }
    const abort = new AbortController();
    calls.set(id, abort);
    try {
      const { engine } = await options.backend();
      const progress = progressNotifier(isJsonObject(meta) ? meta["progressToken"] : undefined, options.notify);
      const result = await engine.call(name, input, { signal: abort.signal, progress });
      return abort.signal.aborted ? undefined : resultReply(id, toCallToolResult(result));
    } finally {
      calls.delete(id);
    }
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
        return callTool(request);
      default: {
        const reply = await (await options.backend()).rareMethods?.answer(request, initializeParams);
        return reply ?? errorReply(request.id, rpcErrors.methodNotFound, `method not found: ${request.method.slice(0, 100)}`);
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
      const { requestId } = params;
      if (method !== "notifications/cancelled") return;
      if (typeof requestId === "string" || typeof requestId === "number") calls.get(requestId)?.abort();
    },
    abort() {
      for (const call of calls.values()) call.abort();
    },
  };
}

function initializeResult(params: JsonObject, { name, version, instructions, resources }: ToolServerOptions): JsonObject {
  const protocolVersion = protocolVersions.find((known) => known === params["protocolVersion"]) ?? protocolVersions[0];
  return {
    protocolVersion,
    capabilities: { tools: {}, ...(resources ? { resources: {} } : {}) },
    serverInfo: { name, version },
    ...(instructions === undefined ? {} : { instructions }),
  };
}

/** Sends progress for a call whose client asked for it: never falling, never more often than the interval. */
function progressNotifier(token: unknown, notify: ToolServerOptions["notify"]): (update: Progress) => void {
  if (typeof token !== "string" && typeof token !== "number") return () => undefined;
  let sentAt = -Infinity;
  let sentDone = -Infinity;
  return ({ done, total, message }) => {
    const complete = done === total;
    if (done <= sentDone || (!complete && performance.now() - sentAt < progressIntervalMs)) return;
    sentAt = performance.now();
    sentDone = done;
    const details = { ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) };
    notify(notification("notifications/progress", { progressToken: token, progress: done, ...details }));
  };
}
