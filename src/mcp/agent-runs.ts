import type { JsonObject } from "../message.ts";
import type { ToolResult } from "../tools/tool.ts";
import { openClientRequests } from "./client-requests.ts";
import { errorReply, notification, resultReply, rpcErrors, type Request, type Response } from "./json-rpc.ts";
import { toCallToolResult } from "./result.ts";

/**
 * Not of MCP: runs the agent and tells all that happens. The client may bring tools of its own, which it runs itself.
 * Announced under this name in `capabilities.experimental`. docs/agent-over-stdio.md describes it.
 */
export const agentMethod = "axoner/run_agent";
const eventMethod = "notifications/axoner/agent_event";
const callMethod = "axoner/call_tool";

/** What a run has of the client that asked for it. */
export interface RunClient {
  signal: AbortSignal;
  /** Resolves once the client has taken what was sent before. */
  tell(event: JsonObject): Promise<void>;
  /** Have the client run one of its tools; resolves with a result whatever happens. */
  callTool(call: ClientCall, signal: AbortSignal): Promise<ToolResult>;
}

export interface ClientCall {
  name: string;
  arguments: JsonObject;
}

/** Runs the agent as `params` say; they are not checked yet. */
export type RunAgent = (params: JsonObject, client: RunClient) => Promise<ToolResult>;

/** The runs that one client has asked for and that go on. */
export interface AgentRuns {
  /** Resolves with the reply, or undefined for a run that was cancelled. */
  answer(request: Request, runAgent: RunAgent): Promise<JsonObject | undefined>;
  onResponse(response: Response): void;
  onEnd(): void;
  cancel(id: unknown): void;
  abort(): void;
}

export function openAgentRuns(deliver: (message: JsonObject) => Promise<void>): AgentRuns {
  const runs = new Map<unknown, AbortController>();
  const requests = openClientRequests(deliver);
  return {
    async answer({ id, params }, runAgent) {
      if (runs.has(id)) {
        return errorReply(id, rpcErrors.invalidRequest, `the id ${JSON.stringify(id)} is in use by a run in flight`);
      }
      const abort = new AbortController();
      runs.set(id, abort);
      try {
        const result = await runAgent(params, {
          signal: abort.signal,
          tell: (event) => deliver(notification(eventMethod, { run: id, event })),
          callTool: (call, signal) => requests.ask({ method: callMethod, params: { run: id, ...call }, signal }),
        });
        return abort.signal.aborted ? undefined : resultReply(id, toRunResult(result));
      } finally {
        runs.delete(id);
      }
    },
    onResponse: (response) => requests.settle(response),
    onEnd: () => requests.end(),
    cancel: (id) => runs.get(id)?.abort(),
    abort() {
      for (const run of runs.values()) run.abort();
    },
  };
}

/** Its text alone: who asks for all events is no model that reads the whole result. */
function toRunResult(result: ToolResult): JsonObject {
  if (!result.ok) return toCallToolResult(result);
  return { content: [{ type: "text", text: String(result.value["text"]) }], structuredContent: result.value };
}
