import { createAgent as createPortableAgent, type Agent, type AgentOptions } from "./agent/agent.ts";
import { isContentWanted } from "./config/telemetry.ts";
import { traceRuns } from "./telemetry/run-trace.ts";

/**
 * A model with tools. Runs of different sessions may go on at once; of two runs of one session the slower ends with
 * the error `conflict`. Where the program has set OpenTelemetry up, runs are spans in its active context.
 *
 * @throws ConfigError for limits below one, or of money where the model has no known price
 */
export function createAgent(options: AgentOptions): Agent {
  return createPortableAgent({ traceRun: traceRuns({ withContent: isContentWanted(process.env) }), ...options });
}
