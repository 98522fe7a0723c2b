import type { StoredMessage } from "../message.ts";

/** The tools that the user has approved in a session, and has not taken back. */
export function approvedTools(messages: readonly StoredMessage[]): Set<string> {
  const tools = new Set<string>();
  for (const message of messages) {
    if (message.role !== "note" || message.type !== "approval") continue;
    if (message.isWithdrawn === true) tools.delete(message.tool);
    else tools.add(message.tool);
  }
  return tools;
}
