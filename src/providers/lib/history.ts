import type { AssistantPart, Message, Picture } from "../../message.ts";

/** What a service takes as the id of a tool call. */
export interface IdRule {
  accepted: RegExp;
  maxLength: number;
}

/**
 * The messages with ids of tool calls that the service accepts and that are unique in the conversation: other services
 * spell them otherwise, and some count from zero in every reply. An id that is acceptable stays as it is.
 */
export function withAcceptedIds(messages: readonly Message[], rule: IdRule): Message[] {
  const taken = new Set<string>();
  // of the calls that were made last under each id
  const renamed = new Map<string, string>();
  const rename = (part: AssistantPart): AssistantPart => {
    if (part.type !== "tool_call") return part;
    const id = uniqueId(part.call.id, rule, taken);
    taken.add(id);
    renamed.set(part.call.id, id);
    return { type: "tool_call", call: { ...part.call, id } };
  };
  return messages.map((message) => {
    if (message.role === "assistant") return { ...message, parts: message.parts.map(rename) };
    return message.role === "tool" ? { ...message, callId: renamed.get(message.callId) ?? message.callId } : message;
  });
}

function uniqueId(id: string, { accepted, maxLength }: IdRule, taken: ReadonlySet<string>): string {
  const fits = id !== "" && id.length <= maxLength && accepted.test(id);
  if (fits && !taken.has(id)) return id;
  const spelt = id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxLength - 8) || "call";
  // the number of calls so far is free more often than not: ten thousand equal ids do not take ten thousand tries each
  for (let number = taken.size; ; number++) {
    const candidate = `${spelt}_${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** A name that every service accepts, for names that a model made up. */
export function acceptedName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unnamed";
}

export function toDataUrl({ mediaType, base64 }: Picture): string {
  return `data:${mediaType};base64,${base64}`;
}
