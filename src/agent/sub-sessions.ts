import { ToolError } from "../errors.ts";
import { isJsonObject, type StoredMessage, type ToolMessage } from "../message.ts";
import type { SessionStore } from "../session/store.ts";
import { cutText } from "../text/text.ts";
import type { Conversation } from "./ask-model.ts";
import runAgent from "./run-agent.generated.json" with { type: "json" };

/** Which sessions the agents that a run calls may continue. Their names come from a model, and stores hold other users'. */
export interface SubSessions {
  /**
   * Without a look at what the store holds: the answer must not tell which sessions there are.
   *
   * @param sessionId undefined for a new one
   * @throws ToolError `not_allowed` for what was not begun from here, `invalid_input` for the run's own
   */
  check(store: SessionStore, sessionId: string | undefined): void;
  /** It was begun, or continued. */
  add(store: SessionStore, sessionId: string): void;
}

/** Those that the run begins, and those that its conversation holds the results of. */
export function openSubSessions(store: SessionStore, conversation: Conversation): SubSessions {
  const begun = new Map<SessionStore, Set<string>>();
  return {
    check(wanted, sessionId) {
      if (sessionId === undefined || begun.get(wanted)?.has(sessionId)) return;
      if (wanted === store && sessionId === conversation.sessionId)
        throw new ToolError("invalid_input", own(sessionId));
      if (wanted === store && toldSessions(conversation.messages()).includes(sessionId)) return;
      const message = `run_agent has not begun a session "${cutText(sessionId, 64)}" in this conversation; leave out session_id for a new one, or give that of an earlier result`;
      throw new ToolError("not_allowed", message);
    },
    add(used, sessionId) {
      begun.set(used, (begun.get(used) ?? new Set()).add(sessionId));
    },
  };
}

function own(sessionId: string): string {
  return `"${sessionId}" is the session of this very conversation, which another agent cannot continue; leave out session_id and say in the prompt what it must know`;
}

function toldSessions(messages: readonly StoredMessage[]): string[] {
  return messages.flatMap((message) => {
    return message.role === "tool" && message.name === runAgent.name && message.ok ? sessionIn(message) : [];
  });
}

/** The result is the first line: a remark for the model may follow. */
function sessionIn({ text }: ToolMessage): string[] {
  try {
    const result: unknown = JSON.parse(text.split("\n", 1)[0] ?? "");
    return isJsonObject(result) && typeof result["session_id"] === "string" ? [result["session_id"]] : [];
  } catch {
    return []; // a result that was cut names none
  }
}
