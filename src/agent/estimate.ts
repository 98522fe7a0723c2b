import type { Message, Usage } from "../message.ts";
import type { ModelReply, ModelRequest } from "../providers/provider.ts";
import { estimateTokens } from "./count-tokens.ts";

/** Tells beforehand how many tokens a request has. */
export interface Estimate {
  of(request: ModelRequest): number;
  /** What a service counted makes the next estimate exact, but for the messages that are added meanwhile. */
  learn(request: ModelRequest, reply: ModelReply): void;
}

/** Rather too much than too little. What a service counted for the beginning of a conversation is taken as it is. */
export function openEstimate(): Estimate {
  const sizes = new WeakMap<object, number>();
  let counted: { messages: readonly Message[]; tokens: number } | undefined;

  const sizeOf = (part: object): number => {
    const known = sizes.get(part) ?? estimatePart(part);
    sizes.set(part, known);
    return known;
  };
  const sum = (parts: readonly object[]) => parts.reduce<number>((total, part) => total + sizeOf(part), 0);

  return {
    of({ system = "", messages, tools, output }) {
      const before = counted;
      if (before !== undefined && before.messages.every((message, index) => message === messages[index])) {
        return before.tokens + sum(messages.slice(before.messages.length));
      }
      return estimateTokens(system) + sum(messages) + sum(tools) + (output === undefined ? 0 : sizeOf(output));
    },
    learn({ messages }, { usage }) {
      counted = usage && !usage.isSumOnly ? { messages, tokens: usage.inputTokens } : undefined;
    },
  };
}

/** What any service counts for a picture, whatever its size. */
const pictureTokens = 5_000;

/** Of a message, a tool or anything else that is sent. */
export function estimatePart(part: object): number {
  const { text = "", images = [], ...rest }: { text?: unknown; images?: unknown } = part;
  // a long text is not sent with JSON's escapes in it
  const said = typeof text === "string" ? estimateTokens(text) : 0;
  const seen = Array.isArray(images) ? images.length * pictureTokens : 0;
  return said + seen + estimateTokens(JSON.stringify({ ...rest, text: "" }));
}

/** For services that do not count. */
export function estimateUsage(inputTokens: number, { parts }: ModelReply): Usage {
  return { inputTokens, outputTokens: estimateTokens(JSON.stringify(parts)) };
}
