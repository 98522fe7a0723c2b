import type { Engine } from "../engine/engine.ts";
import { ConfigError, ToolError } from "../errors.ts";
import type { Message } from "../message.ts";
import { once } from "../once.ts";
import type { Provider } from "../providers/provider.ts";
import { openMemoryStore } from "../session/memory.ts";
import { checkSessionId, type SessionStore } from "../session/store.ts";
import type { Services } from "../tools/services.ts";
import type { Tool } from "../tools/tool.ts";
import { openBudget } from "./budget.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { runLoop, type Conversation } from "./loop.ts";
import { noServices } from "./no-services.ts";

export type AgentOptions = AgentSettings & (EngineSource | ToolSource);

export interface AgentSettings {
  provider: Provider;
  /** Where conversations are kept; the caller closes it. Default: in memory, as long as the agent lives. */
  store?: SessionStore;
  /** Instructions that stand before every conversation. */
  system?: string | undefined;
  /** Replies of the model in one run, default 10. */
  maxTurns?: number | undefined;
  /** Tokens, in and out, of one run; default no limit. */
  maxTokens?: number | undefined;
  /** How long one tool call may take, default 10 minutes. */
  toolTimeoutMs?: number;
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

export interface RunOptions {
  prompt: string;
  /** Continues the session of that name, or begins it. Default: a new session with a random name. */
  sessionId?: string | undefined;
  signal?: AbortSignal;
}

export interface Agent {
  /**
   * Run to the end and report on the way. Nothing happens before the iteration begins; leaving it early cancels.
   *
   * @throws ToolError `invalid_input` for an empty prompt or a bad session name, and what the store throws before the
   *   first turn; later errors stand in `run_finished`
   */
  run(options: RunOptions): AsyncIterable<AgentEvent>;
  /** As `run`, for the result alone: what `run_finished` says, whatever the exit reason. */
  complete(options: RunOptions): Promise<RunResult>;
}

/**
 * A model with tools. Runs of different sessions may go on at once; of two runs of one session the slower ends with
 * the error `conflict`.
 *
 * @throws ConfigError for limits below one
 */
export function createAgent(options: AgentOptions): Agent {
  const { provider, system, maxTurns = 10, maxTokens, toolTimeoutMs = 600_000 } = options;
  if (!(maxTurns >= 1) || (maxTokens !== undefined && !(maxTokens >= 1))) {
    throw new ConfigError("maxTurns and maxTokens must be at least 1");
  }
  const store = options.store ?? openMemoryStore();
  const openEngine = engineOf(options);

  async function* run({ prompt, sessionId, signal }: RunOptions): AsyncGenerator<AgentEvent, void> {
    if (prompt.trim() === "") throw new ToolError("invalid_input", "the prompt is empty; say what is to be done");
    const engine = await openEngine();
    const conversation = await continueSession(store, sessionId ?? crypto.randomUUID());
    await conversation.append([{ role: "user", text: prompt }]);
    yield* runLoop({
      provider,
      engine,
      system,
      tools: await engine.definitions(),
      conversation,
      budget: openBudget({ maxTurns, maxTokens }),
      signal: signal ?? new AbortController().signal,
      toolTimeoutMs,
    });
  }

  return {
    run,
    async complete(runOptions) {
      for await (const event of run(runOptions)) {
        if (event.type !== "run_finished") continue;
        const { type: _type, ...result } = event;
        return result;
      }
      throw new TypeError("a run ended without run_finished");
    },
  };
}

async function continueSession(store: SessionStore, sessionId: string): Promise<Conversation> {
  checkSessionId(sessionId);
  let messages: readonly Message[] = (await store.load(sessionId))?.messages ?? [];
  return {
    sessionId,
    messages: () => messages,
    async append(added) {
      await store.append(sessionId, messages.length, added);
      messages = [...messages, ...added];
    },
  };
}

function engineOf(options: EngineSource | ToolSource): () => Promise<Engine> {
  if ("engine" in options) return () => Promise.resolve(options.engine);
  const { tools, services = () => noServices } = options;
  // loaded here, so that an agent with another engine runs where there is no Node
  const engine = once(async () => (await import("../engine/local.ts")).openLocalEngine({ tools, services }));
  return () => engine.get();
}
