import { z } from "zod";
import { isJsonObject, type AssistantPart, type JsonObject, type JsonValue, type Usage } from "../../message.ts";
import type { ModelEvent, StopReason } from "../provider.ts";
import { parseArguments } from "./parse-json.ts";
import type { ReplyReader } from "./read-reply.ts";
import { count, usageOf } from "./usage.ts";

const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens_details: z.object({ thinking_tokens: count }).nullish().catch(undefined),
});
type Counts = z.output<typeof usageSchema>;

export interface AnthropicReplyOptions {
  /** Names the calls of servers that do not. */
  inventId: () => string;
  /** Of the blocks that go back to the service. */
  origin: string;
}

/** Puts a reply of Messages together from its events. */
export function openAnthropicReply(options: AnthropicReplyOptions): ReplyReader {
  const blocks = openBlocks(options);
  let counts: Counts | undefined;
  let begun = false;
  let stopped = false;
  let stopReason: string | undefined;

  /** Counts are of the whole reply so far; what the last event leaves out, the first has told. */
  const note = ({ stop_reason, usage }: JsonObject) => {
    if (typeof stop_reason === "string") stopReason = stop_reason;
    const told = usageSchema.safeParse(usage);
    if (!told.success) return;
    counts = { ...counts, ...Object.fromEntries(Object.entries(told.data).filter(([, value]) => value != null)) };
  };

  const takeWhole = (message: JsonObject): ModelEvent[] => {
    begun = stopped = true;
    note(message);
    const content = Array.isArray(message["content"]) ? message["content"] : [];
    return content.filter(isJsonObject).flatMap((block, index) => blocks.begin(index, block));
  };

  /** Events of other types are passed over, as the service asks of its clients. */
  const take = (event: JsonObject): ModelEvent[] => {
    switch (event["type"]) {
      case "message":
        return takeWhole(event);
      case "message_start":
        begun = true;
        note(objectIn(event, "message"));
        return [];
      case "content_block_start":
        return blocks.begin(Number(event["index"]), objectIn(event, "content_block"));
      case "content_block_delta":
        return blocks.grow(Number(event["index"]), objectIn(event, "delta"));
      case "message_delta":
        note({ ...objectIn(event, "delta"), usage: event["usage"] ?? null });
        return [];
      case "message_stop":
        stopped = true;
        return [];
      default:
        return [];
    }
  };

  return {
    accept: (value) => (isJsonObject(value) && typeof value["type"] === "string" ? take(value) : undefined),
    begun: () => begun,
    complete: () => begun && (stopped || stopReason !== undefined),
    ended: () => stopped,
    usage: () => counts && toUsage(counts),
    finish() {
      const parts = blocks.finish();
      return { type: "done", parts, usage: counts && toUsage(counts), stopReason: toStopReason(stopReason, parts) };
    },
  };
}

/** A block as it grows, and the text of a tool's arguments as far as it has come. */
interface PartialBlock {
  block: JsonObject;
  input: string;
}

/** The blocks of a reply by their index. What is neither text nor a tool call is kept as it came: it goes back. */
function openBlocks({ inventId, origin }: AnthropicReplyOptions) {
  const blocks = new Map<number, PartialBlock>();
  const ids = new Set<string>();

  const toPart = ({ block, input }: PartialBlock): AssistantPart[] => {
    const { type, text, name } = block;
    if (type === "text") return typeof text === "string" && text !== "" ? [{ type, text }] : [];
    if (input !== "") block["input"] = parseArguments(input);
    if (type !== "tool_use") return [{ type: "opaque", provider: origin, block }];
    const given = typeof block["id"] === "string" ? block["id"] : "";
    const id = given === "" || ids.has(given) ? `toolu_${inventId()}` : given;
    ids.add(id);
    return [
      { type: "tool_call", call: { id, name: typeof name === "string" ? name : "", input: block["input"] ?? {} } },
    ];
  };

  return {
    begin(index: number, block: JsonObject): ModelEvent[] {
      blocks.set(index, { block: { ...block }, input: "" });
      return shown(block, block[block["type"] === "thinking" ? "thinking" : "text"]);
    },
    grow(index: number, delta: JsonObject): ModelEvent[] {
      const partial = blocks.get(index);
      const [field, piece] = pieceOf(delta);
      if (partial === undefined || piece === undefined) return [];
      if (field === "input") partial.input += piece;
      else partial.block[field] = String(partial.block[field] ?? "") + piece;
      return field === "text" || field === "thinking" ? shown(partial.block, piece) : [];
    },
    finish: (): AssistantPart[] => [...blocks].toSorted(([a], [b]) => a - b).flatMap(([, partial]) => toPart(partial)),
  };
}

/** Which field of its block a delta adds to, and what it adds. */
function pieceOf(delta: JsonObject): [field: string, piece: string | undefined] {
  const fields: Record<string, [field: string, from: string]> = {
    text_delta: ["text", "text"],
    thinking_delta: ["thinking", "thinking"],
    signature_delta: ["signature", "signature"],
    input_json_delta: ["input", "partial_json"],
  };
  const [field, from] = fields[String(delta["type"])] ?? ["", ""];
  const piece = delta[from];
  return [field, typeof piece === "string" ? piece : undefined];
}

function shown({ type }: JsonObject, text: JsonValue | undefined): ModelEvent[] {
  if (typeof text !== "string" || text === "") return [];
  if (type === "text") return [{ type, text }];
  return type === "thinking" ? [{ type: "reasoning", text }] : [];
}

function objectIn(value: JsonObject, field: string): JsonObject {
  const inner = value[field];
  return isJsonObject(inner) ? inner : {};
}

/** Anthropic counts apart what came from a cache or went into one; here it is part of the input. */
function toUsage(counts: Counts): Usage | undefined {
  const { input_tokens, cache_read_input_tokens: cached, cache_creation_input_tokens: written } = counts;
  return usageOf({
    inputTokens: input_tokens == null ? undefined : input_tokens + (cached ?? 0) + (written ?? 0),
    outputTokens: counts.output_tokens,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    reasoningTokens: counts.output_tokens_details?.thinking_tokens,
  });
}

function toStopReason(reason: string | undefined, parts: readonly AssistantPart[]): StopReason {
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "length";
  if (reason === "refusal") return "refusal";
  return parts.some((part) => part.type === "tool_call") ? "tool_calls" : "end";
}
