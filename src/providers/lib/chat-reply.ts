import { z } from "zod";
import type { AssistantPart, JsonObject, JsonValue, Usage } from "../../message.ts";
import type { ModelEvent, StopReason } from "../provider.ts";
import { callSchema, openCalls } from "./chat-calls.ts";
import type { ReplyReader } from "./read-reply.ts";
import { count, usageOf } from "./usage.ts";

/** Mistral gives its thoughts and its text as a list of parts. */
const contentSchema = z.union([
  z.string(),
  z.array(z.object({ type: z.string(), text: z.string().nullish(), thinking: z.json().nullish() })),
]);

const deltaSchema = z.object({
  content: contentSchema.nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  reasoning_details: z.array(z.json()).nullish(),
  tool_calls: z.array(callSchema).nullish(),
});

const usageSchema = z.object({
  prompt_tokens: count,
  total_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish().catch(undefined),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(undefined),
  prompt_cache_hit_tokens: count,
});

/** A chunk of a streamed completion, or a whole completion, as the many servers of this format really send them. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        index: z.number().nullish(),
        delta: deltaSchema.nullish(),
        message: deltaSchema.nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: usageSchema.nullish().catch(undefined),
  x_groq: z.object({ usage: usageSchema.nullish() }).nullish().catch(undefined),
});

type Delta = z.output<typeof deltaSchema>;

export interface ChatReplyOptions {
  /** Names the calls of servers that do not. */
  inventId: () => string;
  /** Of the reasoning that goes back to the service. */
  origin: string;
}

/** Puts a reply of Chat Completions together from its chunks. */
export function openChatReply({ inventId, origin }: ChatReplyOptions): ReplyReader {
  let text = "";
  let refused = false;
  let begun = false;
  let finishReason: string | undefined;
  let usage: Usage | undefined;
  const reasoning = openReasoning(origin);
  const calls = openCalls(inventId);

  const take = (delta: Delta): ModelEvent[] => {
    const events = reasoning.take(delta);
    const said = textOf(delta.content) + (delta.refusal ?? "");
    if (said !== "") events.push({ type: "text", text: said });
    text += said;
    refused ||= Boolean(delta.refusal);
    for (const call of delta.tool_calls ?? []) calls.take(call);
    return events;
  };

  return {
    accept(value) {
      const chunk = chunkSchema.safeParse(value);
      if (!chunk.success) return undefined;
      const counted = chunk.data.usage ?? chunk.data.x_groq?.usage;
      if (counted) usage = toUsage(counted) ?? usage;
      // one reply was asked for; of a server that gives several, the first is taken
      const choice = chunk.data.choices?.find(({ index }) => (index ?? 0) === 0);
      if (choice === undefined) return [];
      begun = true;
      finishReason = choice.finish_reason || finishReason;
      const delta = choice.delta ?? choice.message;
      return delta ? take(delta) : [];
    },
    begun: () => begun,
    complete: () => finishReason !== undefined,
    // usage may follow the reason, and [DONE] that
    ended: () => false,
    usage: () => usage,
    finish() {
      const spoken: AssistantPart[] = text === "" ? [] : [{ type: "text", text }];
      const parts = [...reasoning.finish(), ...spoken, ...calls.finish()];
      const stopReason = stopReasonOf(finishReason, calls);
      return { type: "done", parts, usage, stopReason: refused ? "refusal" : stopReason };
    },
  };
}

/** Keeps the reasoning under the names it came by: a service that sends it may want it back with the answers to its calls. */
function openReasoning(origin: string) {
  let block: JsonObject | undefined;
  const append = (field: "reasoning_content" | "reasoning", piece: string) => {
    block = { ...block, [field]: String(block?.[field] ?? "") + piece };
  };
  return {
    take({ content, reasoning, reasoning_content, reasoning_details }: Delta): ModelEvent[] {
      if (reasoning_content) append("reasoning_content", reasoning_content);
      if (reasoning) append("reasoning", reasoning);
      if (reasoning_details) {
        const before = block?.["reasoning_details"];
        block = { ...block, reasoning_details: [...(Array.isArray(before) ? before : []), ...reasoning_details] };
      }
      const shown = reasoning_content || reasoning || thoughtsOf(content);
      return shown ? [{ type: "reasoning", text: shown }] : [];
    },
    finish: (): AssistantPart[] => (block === undefined ? [] : [{ type: "opaque", provider: origin, block }]),
  };
}

function textOf(content: Delta["content"]): string {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((part) => part.text ?? "").join("");
}

function thoughtsOf(content: Delta["content"]): string {
  if (!Array.isArray(content)) return "";
  const texts = (value: JsonValue): string[] => {
    if (typeof value === "string") return [value];
    if (Array.isArray(value)) return value.flatMap(texts);
    return value !== null && typeof value === "object" ? texts(value["text"] ?? []) : [];
  };
  return content.flatMap(({ thinking }) => texts(thinking ?? [])).join("");
}

function toUsage(counted: z.output<typeof usageSchema>): Usage | undefined {
  return usageOf({
    inputTokens: counted.prompt_tokens,
    outputTokens: counted.completion_tokens,
    totalTokens: counted.total_tokens,
    cachedInputTokens: counted.prompt_tokens_details?.cached_tokens ?? counted.prompt_cache_hit_tokens,
    cacheWriteTokens: counted.prompt_tokens_details?.cache_write_tokens,
    reasoningTokens: counted.completion_tokens_details?.reasoning_tokens,
  });
}

/** The reasons of a reply that is whole. */
const wholeReasons = new Set(["tool_calls", "function_call", "stop"]);

function stopReasonOf(reason: string | undefined, calls: ReturnType<typeof openCalls>): StopReason {
  if (reason === "length") return "length";
  if (reason === "content_filter") return "refusal";
  if (calls.count() === 0) return "end";
  return wholeReasons.has(reason ?? "") || calls.areWhole() ? "tool_calls" : "length";
}
