import type { Message, StoredMessage, ToolCall } from "../message.ts";

/** A message and its place among all that is stored. */
export interface Said {
  index: number;
  message: Message;
}

/** What belongs to a conversation as it is now: without notes, and without what was taken back. */
export function saidMessages(stored: readonly StoredMessage[]): Said[] {
  const said: Said[] = [];
  for (const [index, message] of stored.entries()) {
    if (message.role !== "note") said.push({ index, message });
    else if (message.type === "undo") while ((said.at(-1)?.index ?? -1) >= message.keeps) said.pop();
  }
  return said;
}

/** How many messages a person sees in a conversation as it is now. */
export function countSaid(stored: readonly StoredMessage[]): number {
  return saidMessages(stored).length;
}

/** Where the last turn begins: at the prompt of the user that came last. */
export function lastPrompt(said: readonly Said[]): { index: number; text: string } | undefined {
  for (const { index, message } of said.toReversed()) {
    if (message.role === "user" && message.summarizes === undefined) return { index, text: message.text };
  }
  return undefined;
}

/**
 * The calls of the last reply that have no answer: the run ended before they did, or is still going on. Ids are told
 * apart within a reply only; some services count them from zero in each.
 */
export function unansweredCalls(said: readonly Said[]): ToolCall[] {
  const replyAt = said.findLastIndex(({ message }) => message.role === "assistant");
  const calls = callsOf(said[replyAt]?.message);
  const answers = new Map<string, number>();
  for (const { message } of said.slice(replyAt + 1)) {
    if (message.role === "tool") answers.set(message.callId, (answers.get(message.callId) ?? 0) + 1);
  }
  return calls.filter(({ id }) => {
    const left = answers.get(id) ?? 0;
    answers.set(id, left - 1);
    return left <= 0;
  });
}

/** Answers are stored as they come; in a conversation they stand in the order of their calls. */
export function inOrderOfCalls(messages: readonly Message[]): readonly Message[] {
  let ordered: Message[] | undefined;
  for (let at = 0; at < messages.length; at++) {
    const ids = callsOf(messages[at]).map(({ id }) => id);
    const places = new Map(ids.map((id, index) => [id, index] as const).toReversed()); // the first of equal ones counts
    let end = at + 1;
    while (messages[end]?.role === "tool") end++;
    if (ids.length < 2 || end - at < 3) continue;
    const answers = messages.slice(at + 1, end);
    const place = (message: Message) => (message.role === "tool" ? (places.get(message.callId) ?? -1) : -1);
    if (answers.every((answer, index) => index === 0 || place(answers[index - 1] ?? answer) <= place(answer))) continue;
    ordered ??= [...messages];
    ordered.splice(at + 1, answers.length, ...answers.toSorted((a, b) => place(a) - place(b)));
  }
  return ordered ?? messages;
}

export function callsOf(message: Message | undefined): ToolCall[] {
  if (message?.role !== "assistant") return [];
  return message.parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
}
