import { AxonerError } from "../../errors.ts";
import { printable } from "../../text/text.ts";
import type { Talk } from "./talk.ts";

/**
 * Go to a conversation, in which nobody else of this machine is then until it is left.
 *
 * @throws ToolError `conflict` where somebody is; the talk stays where it was
 */
export async function goTo(talk: Talk, sessionId: string): Promise<void> {
  if (talk.place === sessionId) return;
  await talk.presence?.enter(sessionId);
  await leave(talk);
  talk.place = sessionId;
  talk.sessionId = sessionId;
  await lookAround(talk);
}

export async function leave(talk: Talk): Promise<void> {
  if (talk.place !== undefined) await talk.presence?.leave(talk.place);
  talk.place = undefined;
}

/** Everything that is stored up to now is known to whoever sits here. */
export async function lookAround(talk: Talk): Promise<void> {
  talk.knownMessages = await countOf(talk);
}

/** Tell what others, on another machine say, have added since. */
export async function tellGrowth(talk: Talk): Promise<void> {
  const added = (await countOf(talk)) - talk.knownMessages;
  if (added === 0) return;
  talk.knownMessages += added;
  const what = added > 0 ? `has grown by ${added} messages` : `has lost ${-added} messages`;
  const told = `session ${talk.sessionId} ${what} since it was shown here last, by another process; axoner sessions show ${talk.sessionId} tells them`;
  talk.say(talk.paint("yellow", printable(told)));
}

async function countOf(talk: Talk): Promise<number> {
  try {
    return (await talk.store.load(talk.sessionId))?.messages.length ?? 0;
  } catch (thrown) {
    // a store that is away for a moment ends no conversation
    if (!(thrown instanceof AxonerError)) throw thrown;
    talk.say(talk.paint("red", printable(thrown.message)));
    return talk.knownMessages;
  }
}
