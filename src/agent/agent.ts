import type { Engine } from "../engine/engine.ts";
import { ConfigError, ToolError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import type { Provider } from "../providers/provider.ts";
import { openMemoryStore } from "../session/memory.ts";
import type { Presence, SessionStore } from "../session/store.ts";
import type { Services } from "../tools/services.ts";
import { lazyTool } from "../tools/lazy-tool.ts";
import type { Tool } from "../tools/tool.ts";
import type { AgentTask, StartAgent } from "./agent-tools.ts";
import { openAnswerFormat } from "./answer-format.ts";
import { openBudget } from "./budget.ts";
import { callingRun, parentOf, type ParentRun } from "./calling-run.ts";
import { checkRun } from "./check-run.ts";
import { compactSession } from "./compact-session.ts";
import { beginRun, continueSession, whileIn } from "./conversation.ts";
import { engineOf, narrowEngine, withTool } from "./engines.ts";
import { openEstimate } from "./estimate.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { runLoop } from "./loop.ts";
import { openPurse } from "./purse.ts";
import type { TraceRun } from "./run-trace.ts";
import runAgent from "./run-agent.generated.json" with { type: "json" };
import { openSubSessions } from "./sub-sessions.ts";

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
  /** Continues the session of that name, or begins it. Default: a new session with a random name. */
  sessionId?: string | undefined;
  signal?: AbortSignal | undefined;
  /** JSON Schema of an object: the answer is `output` of the result. An answer that does not fit is repaired twice at most. */
  outputSchema?: JsonObject | undefined;
  /** The names of the only tools that may be used. */
  toolNames?: readonly string[] | undefined;
  /** In place of the agent's own. */
  provider?: Provider | undefined;
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

  const run = (given: RunOptions, parent?: ParentRun): AsyncGenerator<AgentEvent, void> => {
    return whileIn(given.sessionId, options.presence, () => runIn(given, parent));
  };

  async function* runIn(given: RunOptions, parent?: ParentRun): AsyncGenerator<AgentEvent, void> {
    checkRun(given);
    const provider = given.provider ?? options.provider;
    const depth = parent?.depth ?? 0;
    const { purse, estimate, budget } = openAccount({ options, given, provider, parent });
    const answerFormat = given.outputSchema && (await openAnswerFormat(given.outputSchema));
    const whole = await openEngine();
    const withAgents = depth < subAgentDepth ? withTool(whole, ownTool) : whole;
    const engine = given.toolNames === undefined ? withAgents : await narrowEngine(withAgents, given.toolNames);
    const conversation = await continueSession(store, given.sessionId ?? newSessionId(given.prompt));
    parent?.sessions.check(store, conversation);
    const unanswered = await beginRun(conversation, given.prompt);
    parent?.sessions.add(store, conversation.sessionId);
    const sessions = openSubSessions(store, conversation);
    const trace = await options.traceRun?.({
      name: options.name,
      provider,
      sessionId: conversation.sessionId,
      isStructured: answerFormat !== undefined,
    });
    const events = runLoop({
      provider: trace?.provider(provider) ?? provider,
      traceTool: trace?.tool,
      ...boundsOf(options),
      engine,
      caller: callingRun(conversation.sessionId, { purse, depth: depth + 1, sessions }),
      tools: () => engine.definitions(),
      conversation,
      unanswered,
      purse,
      estimate,
      answerFormat,
      budget,
      signal: given.signal ?? new AbortController().signal,
    });
    yield* trace?.events(events) ?? events;
  }

  const toolFor = (isOwn: boolean): Tool =>
    loadedTool(async function* (task, { signal, caller }) {
      const parent = parentOf(caller);
      // depth is counted below one agent: another one's own begins here
      const above = parent && { ...parent, depth: isOwn ? parent.depth : 0 };
      yield* run({ ...(await readTask(task, options)), signal }, above);
    });
  const ownTool = toolFor(true);

  return {
    run: (given) => run(given),
    complete: async (given) => finished(run(given)),
    compact: (given) => compactStored(store, options, given),
    asTool: () => toolFor(false),
  };
}

function loadedTool(start: StartAgent): Tool {
  return lazyTool(runAgent, { load: async () => (await import("./agent-tools.ts")).runAgentTool(start) });
}

async function readTask(task: AgentTask, options: AgentOptions): Promise<RunOptions> {
  const { prompt, session_id, tools, max_turns, max_usd, outputSchema, provider: name, model } = task;
  const provider = await openWanted({ provider: name, model }, options);
  const limits = { maxTurns: max_turns, maxUsd: max_usd };
  return { prompt, sessionId: session_id, toolNames: tools, outputSchema, provider, ...limits };
}

/** What holds for every run alike. */
function boundsOf({ system, contextTokens, maxTimeMs, maxRepeats = 5, toolTimeoutMs = 600_000 }: AgentOptions) {
  return { system, contextTokens, maxTimeMs, maxRepeats, toolTimeoutMs };
}

async function compactStored(
  store: SessionStore,
  options: AgentOptions,
  { sessionId, signal = new AbortController().signal }: Parameters<Agent["compact"]>[0],
): Promise<CompactResult> {
  const { provider, contextTokens } = options;
  const conversation = await continueSession(store, sessionId);
  const { purse, budget } = openAccount({ options, given: {}, provider, parent: undefined });
  const messages = await compactSession(conversation, { provider, contextTokens, budget, signal });
  return { messages, cost_usd: purse.spentUsd() ?? null };
}

interface AccountOptions {
  options: AgentOptions;
  given: RunOptions;
  provider: Provider;
  parent: ParentRun | undefined;
}

/** What keeps one run within its limits. */
function openAccount({ options, given, provider, parent }: AccountOptions) {
  const { maxTokens, maxOutputTokens, maxTurns = 10 } = options;
  const purse = openPurse({ maxTokens, maxUsd: lower(options.maxUsd, given.maxUsd) }, parent?.purse);
  if (purse.left().usd !== Infinity && provider.price === undefined) {
    const others = options.maxUsd ?? parent?.purse.left().usd ?? Infinity;
    const advice = others === Infinity ? "leave out max_usd, set max_turns instead, or " : "";
    throw new ToolError("invalid_input", `${noPrice(provider)}; ${advice}choose another model`);
  }
  const estimate = openEstimate();
  const turns = lower(maxTurns, given.maxTurns) ?? maxTurns;
  const budget = openBudget({ purse, maxTurns: turns, maxOutputTokens, price: () => provider.price, estimate });
  return { purse, estimate, budget };
}

async function finished(run: AsyncIterable<AgentEvent>): Promise<RunResult> {
  for await (const event of run) {
    if (event.type !== "run_finished") continue;
    const { type: _type, ...result } = event;
    return result;
  }
  throw new TypeError("a run ended without run_finished");
}

function checkLimits({ provider, ...limits }: AgentOptions): void {
  const counts = [
    "maxTurns",
    "maxTokens",
    "maxTimeMs",
    "maxOutputTokens",
    "contextTokens",
    "maxRepeats",
    "toolTimeoutMs",
  ] as const;
  const wrong = counts.find((name) => limits[name] !== undefined && !(limits[name] >= 1));
  if (wrong !== undefined) throw new ConfigError(`${wrong} must be at least 1`);
  if (limits.maxUsd === undefined) return;
  if (!(limits.maxUsd > 0)) throw new ConfigError("maxUsd must be more than 0");
  if (provider.price === undefined) {
    throw new ConfigError(`${noPrice(provider)}; limit tokens instead (--max-tokens), or choose another model`);
  }
}

function checkNames({ tools, subAgentDepth = 0 }: AgentSettings & ToolSource): void {
  const names = [...tools.map(({ name }) => name), ...(subAgentDepth > 0 ? [runAgent.name] : [])];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigError(`two tools are called "${twice}"; give one another name: { ...tool, name: "another_name" }`);
}

function noPrice({ name, model }: Provider): string {
  return `the price of ${name}'s model ${model} is not known, so a limit of money cannot be kept`;
}

function lower(own: number | undefined, given: number | undefined): number | undefined {
  return own === undefined || given === undefined ? (own ?? given) : Math.min(own, given);
}

async function openWanted(wanted: WantedProvider, { provider, openProvider }: AgentOptions): Promise<Provider> {
  if ((wanted.provider ?? provider.name) === provider.name && (wanted.model ?? provider.model) === provider.model) {
    return provider;
  }
  if (openProvider !== undefined) return openProvider(wanted);
  const message = `only ${provider.name}'s ${provider.model} is configured here; leave out provider and model`;
  throw new ToolError("not_allowed", message);
}
