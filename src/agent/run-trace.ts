import type { ToolCall } from "../message.ts";
import type { Provider } from "../providers/provider.ts";
import type { ToolResult } from "../tools/tool.ts";
import type { AgentEvent } from "./events.ts";

/** What is known of a run when it begins. */
export interface BeginningRun {
  /** The agent's. */
  name: string | undefined;
  provider: Provider;
  sessionId: string;
  /** Whether the answer is to be JSON of a schema. */
  isStructured: boolean;
}

/** Begins to tell of one run, in the context in which its iteration began; undefined where nobody listens. */
export type TraceRun = (run: BeginningRun) => Promise<RunTrace | undefined>;

/** Stands around what one run does, to tell of it. What passes through is not changed. */
export interface RunTrace {
  /** The provider, around each of its requests. */
  provider(provider: Provider): Provider;
  /** Around one tool call, the one that is not run because it cannot be read included. */
  tool: TraceTool;
  /** Around the whole run. */
  events(events: AsyncGenerator<AgentEvent, void>): AsyncGenerator<AgentEvent, void>;
}

export type TraceTool = (call: ToolCall, run: () => Promise<ToolResult>) => Promise<ToolResult>;
