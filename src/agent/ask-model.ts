import { ProviderError } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import type { ModelRequest, ModelTool, Provider } from "../providers/provider.ts";
import type { AnswerFormat } from "./answer-format.ts";
import type { Budget } from "./budget.ts";
import { compact, shownMessages } from "./compact.ts";
import type { Estimate } from "./estimate.ts";
import type { AgentEvent } from "./events.ts";
import { requestReply, type Asked } from "./request-reply.ts";
import { untilAbort } from "./until-abort.ts";

export interface AskOptions {
  provider: Provider;
  system: string | undefined;
  tools: () => Promise<readonly ModelTool[]>;
  conversation: Conversation;
  budget: Budget;
  estimate: Estimate;
  /** How much the model can read at once, where that is known. */
  contextTokens: number | undefined;
  answerFormat: AnswerFormat | undefined;
  signal: AbortSignal;
}

/** The messages of a session, and the way to add to them. */
export interface Conversation {
  readonly sessionId: string;
  /** Everything that was stored so far; the list is never changed. */
  messages(): readonly StoredMessage[];
  /** Add to the messages and store them, together, behind what is being added. */
  append(messages: readonly StoredMessage[]): Promise<void>;
}

/** How full a model's window may become: an estimate is not exact, and the reply needs room. */
const fullShare = 0.8;
const maxCompactions = 3;

/**
 * Ask for one reply. Where the conversation is too long for the model it is summed up first, and again, shorter, where
 * that was not enough.
 *
 * @throws ProviderError
 */
export async function* askModel(options: AskOptions): AsyncGenerator<AgentEvent, Asked> {
  const { conversation, contextTokens = Infinity, estimate } = options;
  for (let compactions = 0; ;) {
    const request = await requestOf(options);
    const isFull = contextTokens !== Infinity && estimate.of(request) > contextTokens * fullShare;
    let refusal: ProviderError | undefined;
    if (!isFull || compactions >= maxCompactions) {
      const asked = yield* stream(request, options);
      if (!(asked instanceof ProviderError)) return asked;
      refusal = asked;
    }
    if (refusal !== undefined && compactions >= maxCompactions) throw refusal;
    const most = Math.min(contextTokens, estimate.of(request));
    const targetTokens = most / 2 ** ++compactions;
    const sizes = { targetTokens, promptTokens: targetTokens / 2 };
    const compaction = await compact(conversation.messages(), { ...options, ...sizes });
    if (compaction.type === "limit") return compaction;
    if (compaction.type === "nothing") {
      if (refusal !== undefined) throw refusal;
      compactions = maxCompactions; // the service shall say whether it is too long
      continue;
    }
    await conversation.append([compaction.message]);
    yield { type: "compacted", messages: compaction.message.summarizes ?? 0 };
  }
}

async function requestOf({ system, conversation, tools, answerFormat, signal }: AskOptions): Promise<ModelRequest> {
  return {
    system,
    messages: shownMessages(conversation.messages()),
    tools: await untilAbort(tools(), signal),
    ...(answerFormat === undefined ? {} : { output: { name: "answer", schema: answerFormat.schema } }),
  };
}

/** The reply, or the refusal of a request that is too long. */
async function* stream(request: ModelRequest, options: AskOptions): AsyncGenerator<AgentEvent, Asked | ProviderError> {
  try {
    return yield* requestReply({ ...request, kind: "turn" }, options);
  } catch (thrown) {
    if (thrown instanceof ProviderError && thrown.kind === "context" && !options.signal.aborted) return thrown;
    throw thrown;
  }
}
