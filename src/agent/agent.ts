import type { Engine } from "../engine/engine.ts";
import type { JsonObject, Picture } from "../message.ts";
import type { Provider } from "../providers/provider.ts";
import { openMemoryStore } from "../session/memory.ts";
import type { Presence, SessionStore } from "../session/store.ts";
import type { Services } from "../tools/services.ts";
import type { Tool } from "../tools/tool.ts";
import { openAccount } from "./account.ts";
import { agentAsTool } from "./agent-as-tool.ts";
import { approvalOf, type Approve } from "./approval.ts";
import { callingRun, type ParentRun } from "./calling-run.ts";
import { checkLimits, checkNames } from "./check-agent.ts";
import { checkRun } from "./check-run.ts";
import { compactSession } from "./compact-session.ts";
import { continueSession, whileIn } from "./conversation.ts";
import { engineOf, withRunTools, withTool } from "./engines.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { endBefore, runLoop } from "./loop.ts";
import { openRun } from "./opening.ts";
import { startClock } from "./run-clock.ts";
import type { TraceRun } from "./run-trace.ts";
import { openSubSessions } from "./sub-sessions.ts";
import { untilAbort } from "./until-abort.ts";

export type AgentOptions = AgentSettings & (EngineSource | ToolSource);

/** What one run may use up at most. */
export interface RunLimits {
  /** Replies of the model in one run, default 10. */
  maxTurns?: number | undefined;
  /** US dollars of one run, sub-agents included; only for a model whose price is known. Default no limit. */
  maxUsd?: number | undefined;
}

export interface AgentSettings extends RunLimits {
  provider: Provider;
  /** Where conversations are kept; the caller closes it. Default: in memory, as long as the agent lives. */
  store?: SessionStore;
  /** Tells other processes which sessions are in use. Default: they find out when they write. */
  presence?: Presence | undefined;
  /** Instructions that stand before every conversation. */
  system?: string | undefined;
  /** Tokens, in and out, of one run, sub-agents included; default no limit. */
  maxTokens?: number | undefined;
  /** Of one run; default no limit. */
  maxTimeMs?: number | undefined;
  /** The longest that one reply may be; default as long as the service allows. */
  maxOutputTokens?: number | undefined;
  /** What the model can read at once. Where it is not given, a conversation is summed up when the service refuses it. */
  contextTokens?: number | undefined;
  /** Equal tool calls, one a turn, after which a run ends; default 5. */
  maxRepeats?: number;
  /** How long one tool call may take, default 10 minutes. */
  toolTimeoutMs?: number;
  /** How deep agents may stand below this one, each called by the tool `run_agent`; default 0, without that tool. */
  subAgentDepth?: number;
  /**
   * Decides about each call of a tool before it is made; a refusal is told to the model. Holds for the agents below this
   * one too, as far as they have none of their own. Default: every call is made.
   */
  approve?: Approve | undefined;
  /** Writing inside this folder is no `writes_outside` to `approve`. */
  workspace?: string | undefined;
  /** How the agent is called in traces. */
  name?: string;
  /** Tells of each run. The library's `createAgent` tells OpenTelemetry, where the program has set that up. */
  traceRun?: TraceRun;
  /** Names a session that the caller did not name. Default: at random. */
  newSessionId?: (prompt: string | undefined) => string;
  /** Opens what `run_agent` names; without it only the agent's own model can be used. */
  openProvider?: (wanted: WantedProvider) => Promise<Provider>;
}

export interface WantedProvider {
  provider: string | undefined;
  model: string | undefined;
}

/** The tools of an engine, which the caller closes. */
export interface EngineSource {
  engine: Engine;
}

/** One's own tools, run in this process. */
export interface ToolSource {
  tools: readonly Tool[];
  /** What they find as `context.services`; only needed by tools that look there. */
  services?: () => Promise<Services> | Services;
}

/** Limits count beside the agent's own: the lower one holds. */
export interface RunOptions extends RunLimits {
  /** Without it the session's last run, which was interrupted, goes on: tool calls that had finished are not repeated. */
  prompt?: string | undefined;
  /** What the model is to see with the prompt. Of a model that sees none it is told that they were left out. */
  images?: readonly Picture[] | undefined;
  /** Continues the session of that name, or begins it. Default: a new session with a random name. */
  sessionId?: string | undefined;
  signal?: AbortSignal | undefined;
  /** JSON Schema of an object: the answer is `output` of the result. An answer that does not fit is repaired twice at most. */
  outputSchema?: JsonObject | undefined;
  /** The names of the only tools that may be used, also by the agents below this one. */
  toolNames?: readonly string[] | undefined;
  /** In place of the agent's own. */
  provider?: Provider | undefined;
  /**
   * Of this run and of the agents below it, beside the agent's own; run in this process, without services. An agent that
   * is a tool by `asTool` does not get them.
   */
  tools?: readonly Tool[] | undefined;
}

export interface Agent {
  /**
   * Run to the end and report on the way. Nothing happens before the iteration begins; leaving it early cancels.
   *
   * @throws ToolError `invalid_input` or `too_large` for a prompt, a limit, a session name or a schema that cannot be
   *   used, `not_found` without a prompt where there is nothing to go on with, and what the store throws before the first
   *   turn; later errors stand in `run_finished`
   */
  run(options: RunOptions): AsyncIterable<AgentEvent>;
  /** As `run`, for the result alone: what `run_finished` says, whatever the exit reason. */
  complete(options: RunOptions): Promise<RunResult>;
  /**
   * Have the model sum up the older part of a session; the summary stands for it from then on.
   *
   * @throws ToolError `not_found`, `budget_exceeded`; ProviderError; SessionConflictError; what the store throws
   */
  compact(options: { sessionId: string; signal?: AbortSignal | undefined }): Promise<CompactResult>;
  /** The agent as the tool `run_agent`, for another agent or for `serve`. */
  asTool(): Tool;
}

export interface CompactResult {
  /** So many messages are summed up; 0 where there was nothing to sum up. */
  messages: number;
  /** Null where the model has no known price or was not counted. */
  cost_usd: number | null;
}

/**
 * A model with tools. Runs of different sessions may go on at once; of two runs of one session the slower ends with
 * the error `conflict`.
 *
 * @throws ConfigError for limits below one, or of money where the model has no known price, and for two tools of one name
 */
export function createAgent(options: AgentOptions): Agent {
  checkLimits(options);
  if ("tools" in options) checkNames(options);
  const { subAgentDepth = 0, newSessionId = () => crypto.randomUUID() } = options;
  const store = options.store ?? openMemoryStore();
  const openEngine = engineOf(options);

  async function* run(given: RunOptions, parent: ParentRun | undefined): AsyncGenerator<AgentEvent, void> {
    checkRun(given);
    parent?.sessions.check(store, given.sessionId);
    yield* whileIn(given.sessionId, options.presence, () => runIn(given, parent));
  }

  async function* runIn(given: RunOptions, parent: ParentRun | undefined): AsyncGenerator<AgentEvent, void> {
    const { sessionId = newSessionId(given.prompt), provider = options.provider } = given;
    const depth = parent?.depth ?? 0;
    const account = openAccount({ options, given, provider, parent });
    const { purse } = account;
    const runTools = given.tools ?? parent?.runTools;
    const clock = startClock(given.signal, options.maxTimeMs);
    try {
      const place = { sessionId, store, clock, openEngine: () => openTools(depth, runTools) };
      const opening = await openRun({ ...given, ...place, within: parent?.toolNames });
      if (opening === undefined) {
        yield endBefore({ sessionId, reason: clock.reason() });
        return;
      }
      const { engine, conversation, answerFormat } = opening;
      parent?.sessions.add(store, sessionId);
      const sessions = openSubSessions(store, conversation);
      const toolNames = given.toolNames ?? parent?.toolNames;
      const approval = approvalOf(options, { engine, conversation, parent: parent?.approval });
      const isStructured = answerFormat !== undefined;
      const trace = await options.traceRun?.({ name: options.name, provider, sessionId, isStructured });
      const events = runLoop({
        ...boundsOf(options),
        ...account,
        ...opening,
        approval,
        provider: trace?.provider(provider) ?? provider,
        traceTool: trace?.tool,
        caller: callingRun(sessionId, { purse, depth: depth + 1, sessions, approval, toolNames, runTools }),
        tools: () => engine.definitions(),
        clock,
      });
      yield* trace?.events(events) ?? events;
    } finally {
      clock.stop();
    }
  }

  const openTools = async (depth: number, runTools: RunOptions["tools"]): Promise<Engine> => {
    const engine = await withRunTools(await openEngine(), runTools);
    return depth < subAgentDepth ? withTool(engine, ownTool) : engine;
  };
  const ownTool = agentAsTool(options, run, true);

  return {
    run: (given) => run(given, undefined),
    complete: async (given) => finished(run(given, undefined)),
    compact: (given) => compactStored(store, options, given),
    asTool: () => agentAsTool(options, run, false),
  };
}

/** What holds for every run alike. */
function boundsOf({ system, contextTokens, maxRepeats = 5, toolTimeoutMs = 600_000 }: AgentOptions) {
  return { system, contextTokens, maxRepeats, toolTimeoutMs };
}

async function compactStored(
  store: SessionStore,
  options: AgentOptions,
  { sessionId, signal = new AbortController().signal }: Parameters<Agent["compact"]>[0],
): Promise<CompactResult> {
  const { provider, contextTokens } = options;
  const conversation = await untilAbort(continueSession(store, sessionId), signal);
  const { purse, budget } = openAccount({ options, given: {}, provider, parent: undefined });
  const messages = await compactSession(conversation, { provider, contextTokens, budget, signal });
  return { messages, cost_usd: purse.spentUsd() ?? null };
}

async function finished(run: AsyncIterable<AgentEvent>): Promise<RunResult> {
  for await (const event of run) {
    if (event.type !== "run_finished") continue;
    const { type: _type, ...result } = event;
    return result;
  }
  throw new TypeError("a run ended without run_finished");
}
