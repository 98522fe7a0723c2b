import { ToolError } from "../errors.ts";
import type { Picture, StoredMessage, ToolCall } from "../message.ts";
import { saidMessages, unansweredCalls } from "../session/said.ts";
import { checkSessionId, type Presence, type SessionStore } from "../session/store.ts";
import { interruptedAnswer } from "./answer-calls.ts";
import type { Conversation } from "./ask-model.ts";

/** Do something in a session that is marked as in use. Of one without a name nobody else knows. */
export async function* whileIn<Event>(
  sessionId: string | undefined,
  presence: Presence | undefined,
  work: () => AsyncIterable<Event>,
): AsyncGenerator<Event, void> {
  if (sessionId === undefined || presence === undefined) {
    yield* work();
    return;
  }
  await presence.enter(sessionId);
  try {
    yield* work();
  } finally {
    await presence.leave(sessionId);
  }
}

/** What a session holds, or nothing yet, and the way to add to it. */
export async function continueSession(store: SessionStore, sessionId: string): Promise<Conversation> {
  checkSessionId(sessionId);
  let messages: readonly StoredMessage[] = (await store.load(sessionId))?.messages ?? [];
  let last: Promise<unknown> = Promise.resolve();
  const appendNow = async (added: readonly StoredMessage[]) => {
    await store.append(sessionId, messages.length, added);
    messages = [...messages, ...added];
  };
  return {
    sessionId,
    messages: () => messages,
    append(added) {
      const appended = last.then(() => appendNow(added));
      last = appended.catch(() => undefined);
      return appended;
    },
  };
}

/**
 * Store the prompt behind what was said; what an earlier run has left unanswered is answered before it, or given back
 * for the run to answer where there is no prompt.
 */
export async function beginRun(
  conversation: Conversation,
  { prompt, images = [] }: { prompt?: string | undefined; images?: readonly Picture[] | undefined },
): Promise<ToolCall[]> {
  const said = saidMessages(conversation.messages());
  const unanswered = unansweredCalls(said);
  if (prompt !== undefined) {
    const shown = images.length === 0 ? {} : { images };
    await conversation.append([...unanswered.map(interruptedAnswer), { role: "user", text: prompt, ...shown }]);
    return [];
  }
  const last = said.at(-1)?.message;
  if (last !== undefined && (last.role !== "assistant" || unanswered.length > 0)) return unanswered;
  const { sessionId } = conversation;
  const why =
    last === undefined ? `there is no session ${sessionId}` : `the last run of session ${sessionId} has ended`;
  throw new ToolError("not_found", `${why}, so there is nothing to go on with; give a prompt`);
}
