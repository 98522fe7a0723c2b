import { ToolError } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import { lazyTool } from "../tools/lazy-tool.ts";
import type { Tool } from "../tools/tool.ts";
import type { AgentOptions, RunOptions, WantedProvider } from "./agent.ts";
import type { AgentTask } from "./agent-tools.ts";
import { parentOf, type ParentRun } from "./calling-run.ts";
import type { AgentEvent } from "./events.ts";
import runAgent from "./run-agent.generated.json" with { type: "json" };

export type Run = (given: RunOptions, parent: ParentRun | undefined) => AsyncIterable<AgentEvent>;

/**
 * An agent's runs as the tool `run_agent`.
 *
 * @param isOwn whether it is for the agent itself: depth is counted below one agent, another one's begins with it
 */
export function agentAsTool(options: AgentOptions, run: Run, isOwn: boolean): Tool {
  const load = async () => {
    const { runAgentTool } = await import("./agent-tools.ts");
    return runAgentTool(async function* (task, { signal, caller }) {
      const parent = parentOf(caller);
      // another agent has tools of its own, which its parent does not know
      const others = { depth: 0, toolNames: undefined, runTools: undefined };
      const above = isOwn || parent === undefined ? parent : { ...parent, ...others };
      yield* run({ ...(await readTask(task, options)), signal }, above);
    });
  };
  return lazyTool(runAgent, { load });
}

async function readTask(task: AgentTask, options: AgentOptions): Promise<RunOptions> {
  const { prompt, session_id, tools, max_turns, max_usd, outputSchema, provider: name, model } = task;
  const provider = await openWanted({ provider: name, model }, options);
  const limits = { maxTurns: max_turns, maxUsd: max_usd };
  return { prompt, sessionId: session_id, toolNames: tools, outputSchema, provider, ...limits };
}

async function openWanted(wanted: WantedProvider, { provider, openProvider }: AgentOptions): Promise<Provider> {
  if ((wanted.provider ?? provider.name) === provider.name && (wanted.model ?? provider.model) === provider.model) {
    return provider;
  }
  if (openProvider !== undefined) return openProvider(wanted);
  const message = `only ${provider.name}'s ${provider.model} is configured here; leave out provider and model`;
  throw new ToolError("not_allowed", message);
}
