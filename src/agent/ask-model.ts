import { ProviderError } from "../errors.ts";
import type { AssistantPart, StoredMessage } from "../message.ts";
import type { ModelReply, ModelRequest, ModelTool, Provider } from "../providers/provider.ts";
import type { AnswerFormat } from "./answer-format.ts";
import { brokenReply, type Budget, type GrantedRequest } from "./budget.ts";
import { compact, shownMessages } from "./compact.ts";
import type { Estimate } from "./estimate.ts";
import type { AgentEvent } from "./events.ts";
import { eventsUntilAbort, untilAbort } from "./until-abort.ts";

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

export type Asked =
  | { type: "reply"; reply: ModelReply; shortenedBy: GrantedRequest["shortenedBy"] }
  | { type: "limit"; limit: "max_turns" | "max_tokens" | "max_usd" };

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
    const compaction = await compact(conversation.messages(), { ...options, targetTokens: most / 2 ** ++compactions });
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
async function* stream(
  request: ModelRequest,
  { provider, budget, signal }: AskOptions,
): AsyncGenerator<AgentEvent, Asked | ProviderError> {
  const granted = budget.reserve(request, "turn");
  if (granted.limit !== undefined) return { type: "limit", limit: granted.limit };
  const { maxOutputTokens, shortenedBy, meter, deniedBy, settle } = granted;
  let reply: ModelReply | undefined;
  let failure: unknown;
  let text = "";
  try {
    const sent = { ...request, meter, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
    for await (const event of eventsUntilAbort(provider.stream(sent, signal), signal)) {
      if (event.type === "done") reply = { ...event, parts: event.parts.map(storable) };
      else {
        text += event.text;
        yield event;
      }
    }
  } catch (thrown) {
    failure = thrown;
    if (!(thrown instanceof ProviderError) || signal.aborted) throw thrown;
    const limit = deniedBy();
    if (limit !== undefined) return { type: "limit", limit };
    if (thrown.kind === "context") return thrown;
    throw thrown;
  } finally {
    settle(reply ?? brokenReply(failure, text));
  }
  if (reply === undefined) throw new ProviderError(`${provider.name} ended without a reply`, { retryable: true });
  return { type: "reply", reply, shortenedBy };
}

/** Arguments that are nested so deeply that they cannot be written are none. */
function storable(part: AssistantPart): AssistantPart {
  if (part.type !== "tool_call") return part;
  try {
    JSON.stringify(part.call.input);
    return part;
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { ...part, call: { ...part.call, input: "[nested too deeply]" } };
  }
}
