import type { ModelReply, ModelRequest } from "../providers/provider.ts";

export interface Limits {
  /** Replies of the model. */
  maxTurns: number;
  /** Tokens, in and out, of all turns together; undefined for no limit. */
  maxTokens: number | undefined;
}

/** What a run may spend. It is asked before each turn, so that a turn that was begun is also finished. */
export interface Budget {
  /** The limit that was reached; undefined while there is something left. */
  reached(): "max_turns" | "max_tokens" | undefined;
  spend(request: ModelRequest, reply: ModelReply): void;
}

export function openBudget({ maxTurns, maxTokens }: Limits): Budget {
  let turns = 0;
  let tokens = 0;
  return {
    reached() {
      if (turns >= maxTurns) return "max_turns";
      return maxTokens !== undefined && tokens >= maxTokens ? "max_tokens" : undefined;
    },
    spend(request, reply) {
      turns += 1;
      if (maxTokens === undefined) return;
      tokens += reply.usage ? reply.usage.inputTokens + reply.usage.outputTokens : estimateTokens(request, reply);
    },
  };
}

/** For services that do not count: about four characters a token, as OpenAI's own rule of thumb has it. */
function estimateTokens(request: ModelRequest, reply: ModelReply): number {
  return Math.ceil(JSON.stringify([request, reply.parts]).length / 4);
}
