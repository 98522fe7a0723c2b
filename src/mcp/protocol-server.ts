import { isCallToolResult, isSpecType, Server } from "@modelcontextprotocol/server";
import type { Catalogue } from "./catalogue.ts";
import { capabilities, serverInfo, type Introduced } from "./introduction.ts";
import { offerCatalogue } from "./offer-catalogue.ts";
import { toCallToolResult, toListedTool } from "./result.ts";
import type { ToolBackend } from "./serve-tools.ts";
import { isToken, progressNotifier, timeLeft } from "./tool-calls.ts";

export interface ProtocolServerOptions extends Introduced {
  /** Told to the model by clients that do. */
  instructions?: string;
  /** Opened by the first request that needs it. */
  backend: () => Promise<ToolBackend>;
}

/**
 * The whole of the protocol by the SDK, for both of its eras: what connects it decides which it serves. The front
 * answers the commonest requests of the 2025 revisions itself and comes here for the rest; HTTP and the revision of 2026
 * come here with everything.
 */
export function openProtocolServer({ instructions, backend, ...options }: ProtocolServerOptions): Server {
  const server = new Server(serverInfo(options), {
    capabilities: capabilities(options),
    ...(instructions === undefined ? {} : { instructions }),
  });
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
    const passedOn = new AbortController();
    const how = { signal, passedOn: passedOn.signal, progress, answerWithinMs: leftMs };
    const call = () => engine.call(name, input, how);
    const result = await (trace?.({ id, params: request.params }, name, call) ?? call());
    const reply = checked(toCallToolResult(result), isCallToolResult);
    passedOn.abort("passed on"); // where it is dropped after all, `signal` has aborted before
    return reply;
  });
  if (options.hasCatalogue) offerCatalogue(server, async () => openCatalogue(await backend()), options.icons ?? []);
  return server;
}

/** What our own code has made, as the SDK names it. */
function checked<Spec>(value: unknown, is: (value: unknown) => value is Spec): Spec {
  if (is(value)) return value;
  throw new TypeError("what was to be sent is not as the protocol has it");
}

async function openCatalogue({ catalogue }: ToolBackend): Promise<Catalogue> {
  if (catalogue !== undefined) return catalogue();
  throw new TypeError("the backend has no catalogue, although the server says so");
}
