import { isCallToolResult, isSpecType, ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { toCallToolResult, toListedTool } from "./result.ts";
import type { ToolBackend } from "./serve-tools.ts";
import { isToken, progressNotifier, timeLeft } from "./tool-calls.ts";

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

export interface ProtocolServerOptions {
  name: string;
  version: string;
  /** Told to the model by clients that do. */
  instructions?: string;
  /** Whether datasets are offered as resources. */
  resources: boolean;
  /** Opened by the first request that needs it. */
  backend: () => Promise<ToolBackend>;
}

/**
 * The whole of the protocol by the SDK, for both of its eras: what connects it decides which it serves. The front
 * answers the commonest requests of the 2025 revisions itself and comes here for the rest; HTTP and the revision of 2026
 * come here with everything.
 */
export function openProtocolServer({ instructions, backend, ...options }: ProtocolServerOptions): Server {
  const server = new Server(
    { name: options.name, version: options.version },
    {
      capabilities: { tools: {}, ...(options.resources ? { resources: {} } : {}) },
      ...(instructions === undefined ? {} : { instructions }),
    },
  );
  server.setRequestHandler("tools/list", async () => ({
    tools: (await (await backend()).definitions()).map((tool) => checked(toListedTool(tool), isSpecType.Tool)),
  }));
  server.setRequestHandler("tools/call", async (request, { mcpReq: { id, signal, notify } }) => {
    const receivedAt = performance.now();
    const { name, arguments: input, _meta: meta } = request.params;
    const { engine, trace, answerWithinMs } = await backend();
    const progress = progressNotifier(meta?.progressToken, (params) => {
      notify({ method: "notifications/progress", params }).catch(() => undefined); // a client that is gone aborts the call
    });
    const leftMs = timeLeft(answerWithinMs?.(isToken(meta?.progressToken)), receivedAt);
    const call = () => engine.call(name, input, { signal, progress, answerWithinMs: leftMs });
    const result = await (trace?.({ id, params: request.params }, name, call) ?? call());
    return checked(toCallToolResult(result), isCallToolResult);
  });
  if (options.resources) offerResources(server, backend);
  return server;
}

/** What our own code has made, as the SDK names it. */
function checked<Spec>(value: unknown, is: (value: unknown) => value is Spec): Spec {
  if (is(value)) return value;
  throw new TypeError("what was to be sent is not as the protocol has it");
}

function offerResources(server: Server, backend: ProtocolServerOptions["backend"]): void {
  const source = async () => (await backend()).resources?.();
  server.setRequestHandler("resources/list", async () => ({
    resources: ((await (await source())?.list()) ?? []).map((resource) => ({
      ...resource,
      mimeType: "application/json",
    })),
  }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [] }));
  server.setRequestHandler("resources/read", async ({ params: { uri } }) => {
    const text = await (await source())?.read(uri);
    if (text !== undefined) return { contents: [{ uri, mimeType: "application/json", text }] };
    const message = `there is no resource ${uri.slice(0, 200)}; resources/list names them`;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, message);
  });
}
