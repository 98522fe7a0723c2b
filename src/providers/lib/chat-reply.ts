import { z } from "zod";
import type { AssistantPart, JsonValue, Usage } from "../../message.ts";
import type { ModelEvent, ModelReply, StopReason } from "../provider.ts";

const callSchema = z.object({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});

const deltaSchema = z.object({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  tool_calls: z.array(callSchema).nullish(),
});

/** A chunk of a streamed completion, or a whole completion, as the many servers of this format really send them. */
export const chunkSchema = z.object({
  choices: z
    .array(
      z.object({ delta: deltaSchema.nullish(), message: deltaSchema.nullish(), finish_reason: z.string().nullish() }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish(),
});

type Chunk = z.output<typeof chunkSchema>;
type Delta = z.output<typeof deltaSchema>;

export interface ChatReply {
  /** Take one chunk in; returns what is new to show. */
  accept(chunk: Chunk): ModelEvent[];
  /** A choice has come, however empty. */
  begun(): boolean;
  /** The model said why it stopped: nothing of the reply is missing. */
  complete(): boolean;
  finish(): ModelReply;
}

interface PartialCall {
  id: string;
  name: string;
  /** The text of the arguments as far as it has come. */
  arguments: string;
}

/** Puts a reply together from its chunks. `inventId` names the calls of servers that do not. */
export function openChatReply(inventId: () => string): ChatReply {
  let text = "";
  let refused = false;
  let begun = false;
  let finishReason: string | undefined;
  let usage: Usage | undefined;
  const calls = openCalls(inventId);

  const take = (delta: Delta): ModelEvent[] => {
    const events: ModelEvent[] = [];
    const reasoning = delta.reasoning_content || delta.reasoning;
    if (reasoning) events.push({ type: "reasoning", text: reasoning });
    const said = (delta.content ?? "") + (delta.refusal ?? "");
    if (said !== "") events.push({ type: "text", text: said });
    text += said;
    refused ||= Boolean(delta.refusal);
    for (const call of delta.tool_calls ?? []) calls.take(call);
    return events;
  };

  return {
    accept(chunk) {
      if (chunk.usage) {
        usage = { inputTokens: chunk.usage.prompt_tokens ?? 0, outputTokens: chunk.usage.completion_tokens ?? 0 };
      }
      const choice = chunk.choices?.[0];
      if (choice === undefined) return [];
      begun = true;
      finishReason = choice.finish_reason || finishReason;
      const delta = choice.delta ?? choice.message;
      return delta ? take(delta) : [];
    },
    begun: () => begun,
    complete: () => finishReason !== undefined,
    finish() {
      const spoken: AssistantPart[] = text === "" ? [] : [{ type: "text", text }];
      const parts = [...spoken, ...calls.finish()];
      return { type: "done", parts, usage, stopReason: refused ? "refusal" : stopReasonOf(finishReason, parts) };
    },
  };
}

/**
 * Puts the tool calls of a reply together. Chunks belong together by their index. Some servers send whole calls
 * under one index, told apart by their ids, and some send no index at all.
 */
function openCalls(inventId: () => string) {
  const byIndex = new Map<number, PartialCall>();
  const calls: PartialCall[] = [];

  const callOf = ({ index, id, function: named }: z.output<typeof callSchema>): PartialCall => {
    const known = index == null ? (id ? calls.find((call) => call.id === id) : calls.at(-1)) : byIndex.get(index);
    const isAnother = known !== undefined && id && named?.name && known.id !== "" && known.id !== id;
    if (known !== undefined && !isAnother) return known;
    const call = { id: "", name: "", arguments: "" };
    calls.push(call);
    if (index != null) byIndex.set(index, call);
    return call;
  };

  return {
    take(chunk: z.output<typeof callSchema>) {
      const call = callOf(chunk);
      const piece = chunk.function?.arguments ?? "";
      call.id ||= chunk.id ?? "";
      call.name ||= chunk.function?.name ?? "";
      call.arguments += typeof piece === "string" ? piece : JSON.stringify(piece);
    },
    finish(): AssistantPart[] {
      const taken = new Set<string>();
      return calls.map(({ id, name, arguments: text }) => {
        const unique = id === "" || taken.has(id) ? `call_${inventId()}` : id;
        taken.add(unique);
        return { type: "tool_call", call: { id: unique, name, input: parseArguments(text) } };
      });
    },
  };
}

/** No text means no arguments; text that is not JSON stays text, so that the model can be told. */
function parseArguments(text: string): JsonValue {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function stopReasonOf(finishReason: string | undefined, parts: readonly AssistantPart[]): StopReason {
  if (finishReason === "length") return "length";
  if (finishReason === "content_filter") return "refusal";
  return parts.some((part) => part.type === "tool_call") ? "tool_calls" : "end";
}
