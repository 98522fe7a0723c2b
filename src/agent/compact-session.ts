import { ToolError } from "../errors.ts";
import type { Conversation } from "./ask-model.ts";
import { compact, shownMessages, type CompactOptions } from "./compact.ts";
import { estimateTokens } from "./count-tokens.ts";

export interface CompactSessionOptions extends Omit<CompactOptions, "targetTokens" | "promptTokens"> {
  /** What the model can read at once, where that is known. */
  contextTokens: number | undefined;
}

const usualPromptTokens = 4_000;

/**
 * Sum up the older part of a session because its user wants it, to half of what it is.
 *
 * @returns how many messages the summary stands for; 0 where there was nothing to sum up
 */
export async function compactSession(
  conversation: Conversation,
  { contextTokens = Infinity, ...options }: CompactSessionOptions,
): Promise<number> {
  const stored = conversation.messages();
  if (stored.length === 0) throw new ToolError("not_found", `there is no session ${conversation.sessionId}`);
  const targetTokens = Math.min(contextTokens, estimateTokens(JSON.stringify(shownMessages(stored)))) / 2;
  // a model whose window nobody knows reads this much
  const promptTokens = contextTokens === Infinity ? Math.max(targetTokens / 2, usualPromptTokens) : contextTokens / 4;
  const compaction = await compact(stored, { ...options, targetTokens, promptTokens });
  if (compaction.type === "nothing") return 0;
  if (compaction.type === "limit") {
    const limit = compaction.limit === "max_usd" ? "money (max_usd)" : "tokens (max_tokens)";
    throw new ToolError("budget_exceeded", `a summary would go beyond the limit of ${limit}; raise it`);
  }
  await conversation.append([compaction.message]);
  return compaction.message.summarizes ?? 0;
}
