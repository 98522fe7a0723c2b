import type { Engine } from "../engine/engine.ts";
import type { ToolCall } from "../message.ts";
import type { SessionStore } from "../session/store.ts";
import type { RunOptions } from "./agent.ts";
import { openAnswerFormat, type AnswerFormat } from "./answer-format.ts";
import type { Conversation } from "./ask-model.ts";
import { beginRun, continueSession } from "./conversation.ts";
import { narrowEngine, withOnly } from "./engines.ts";
import type { RunClock } from "./run-clock.ts";
import { untilAbort } from "./until-abort.ts";

export interface OpeningOptions extends Pick<RunOptions, "prompt" | "images" | "outputSchema" | "toolNames"> {
  sessionId: string;
  store: SessionStore;
  openEngine: () => Promise<Engine>;
  clock: RunClock;
  /** The only tools that whoever called the agent may use. */
  within: readonly string[] | undefined;
}

/** What a run works with from its first turn on. */
export interface Opening {
  engine: Engine;
  conversation: Conversation;
  answerFormat: AnswerFormat | undefined;
  /** Calls of the last reply that an earlier run has not answered. */
  unanswered: ToolCall[];
}

/** All that may have to be waited for before the first turn; undefined where the run was ended meanwhile. */
export async function openRun(options: OpeningOptions): Promise<Opening | undefined> {
  const { signal } = options.clock;
  try {
    return await untilAbort(open(options, signal), signal);
  } catch (thrown) {
    if (signal.aborted && thrown === signal.reason) return undefined;
    throw thrown;
  }
}

/** Nobody waits for it after an abort: it must begin nothing then. */
async function open(options: OpeningOptions, signal: AbortSignal): Promise<Opening> {
  const { outputSchema, toolNames, within, sessionId, store, openEngine } = options;
  signal.throwIfAborted();
  const answerFormat = outputSchema && (await openAnswerFormat(outputSchema));
  const whole = await openEngine();
  const allowed = within === undefined ? whole : withOnly(whole, within);
  const engine = toolNames === undefined ? allowed : await narrowEngine(allowed, toolNames);
  signal.throwIfAborted();
  const conversation = await continueSession(store, sessionId);
  signal.throwIfAborted();
  const unanswered = await beginRun(conversation, options);
  return { engine, conversation, answerFormat, unanswered };
}
