import { createAgent as createPortableAgent, type Agent, type AgentOptions } from "../agent/agent.ts";
import { isContentWanted } from "../config/telemetry.ts";
import { createTapedAgent } from "../recording/taped-agent.ts";
import { tapedEngine, tapedTool } from "../recording/taped-engine.ts";
import type { Tape } from "../recording/tape.ts";
import { traceRuns } from "../telemetry/run-trace.ts";

/** What `openRecording` gave, for its runs to be recorded or replayed. Default: neither. */
export interface RecordedRuns {
  recording?: Tape | undefined;
}

/**
 * A model with tools. Runs of different sessions may go on at once; of two runs of one session the slower ends with
 * the error `conflict`. Where the program has set OpenTelemetry up, runs are spans in its active context.
 *
 * @throws ConfigError for limits below one, or of money where the model has no known price, and for two tools of one name
 */
export function createAgent({ recording, ...options }: AgentOptions & RecordedRuns): Agent {
  const own = { traceRun: traceRuns({ withContent: isContentWanted(process.env) }), ...options };
  if (recording === undefined) return createPortableAgent(own);
  return createTapedAgent({ ...own, ...tapedTools(options, recording) }, recording);
}

function tapedTools(options: AgentOptions, tape: Tape) {
  return "tools" in options
    ? { tools: options.tools.map((tool) => tapedTool(tool, tape)) }
    : { engine: tapedEngine(options.engine, tape) };
}
