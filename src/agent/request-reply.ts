import { ProviderError } from "../errors.ts";
import type { AssistantPart } from "../message.ts";
import type { ModelEvent, ModelReply, ModelRequest, Provider } from "../providers/provider.ts";
import { brokenReply, type Budget, type GrantedRequest } from "./budget.ts";
import { eventsUntilAbort } from "./until-abort.ts";

export interface Requesting {
  provider: Provider;
  budget: Budget;
  signal: AbortSignal;
}

export type Asked =
  | { type: "reply"; reply: ModelReply; shortenedBy: GrantedRequest["shortenedBy"] }
  | { type: "limit"; limit: "max_turns" | "max_tokens" | "max_usd" };

/**
 * Ask for one reply if the budget allows it, and pay for it, also where it broke off.
 *
 * @throws ProviderError
 */
export async function* requestReply(
  { kind, ...request }: ModelRequest & { kind: "turn" | "summary" },
  { provider, budget, signal }: Requesting,
): AsyncGenerator<Exclude<ModelEvent, ModelReply>, Asked> {
  const granted = budget.reserve(request, kind);
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
    const limit = thrown instanceof ProviderError && !signal.aborted ? deniedBy() : undefined;
    if (limit !== undefined) return { type: "limit", limit };
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
