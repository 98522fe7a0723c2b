import { z } from "zod";
import { isJsonObject, type AssistantPart, type JsonObject, type JsonValue, type Usage } from "../../message.ts";
import type { ModelEvent, StopReason } from "../provider.ts";
import { parseArguments } from "./parse-json.ts";
import type { ReplyReader } from "./read-reply.ts";
import { count, usageOf } from "./usage.ts";

const usageSchema = z.object({
  input_tokens: count,
  total_tokens: count,
  output_tokens: count,
  input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish().catch(undefined),
  output_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(undefined),
});

export interface ResponsesReplyOptions {
  /** Names the calls of servers that do not. */
  inventId: () => string;
  /** Of the items that go back to the service. */
  origin: string;
}

/** The events that are shown at once. */
const shownDeltas: Readonly<Record<string, "text" | "reasoning">> = {
  "response.output_text.delta": "text",
  "response.refusal.delta": "text",
  "response.reasoning_summary_text.delta": "reasoning",
  "response.reasoning_text.delta": "reasoning",
};

/** Puts a reply of Responses together from its events. */
export function openResponsesReply(options: ResponsesReplyOptions): ReplyReader {
  const items = new Map<number, JsonObject>();
  let begun = false;
  let shown = false;
  let final: JsonObject | undefined;

  const end = (response: JsonObject): ModelEvent[] => {
    begun = true;
    final = response;
    const output = Array.isArray(response["output"]) ? response["output"].filter(isJsonObject) : [];
    // some servers leave the items to the events, some to the end
    if (items.size === 0) for (const [index, item] of output.entries()) items.set(index, item);
    return shown ? [] : [...items.values()].flatMap(shownOf);
  };

  const take = (event: JsonObject): ModelEvent[] => {
    const type = String(event["type"]);
    const kind = shownDeltas[type];
    const { delta, response, item } = event;
    if (type.startsWith("response.")) begun = true;
    if (kind !== undefined && typeof delta === "string" && delta !== "") {
      shown ||= kind === "text";
      return [{ type: kind, text: delta }];
    }
    if (type === "response.output_item.done" && isJsonObject(item)) {
      const index = event["output_index"];
      items.set(typeof index === "number" ? index : items.size, item);
    }
    const isEnd = type === "response.completed" || type === "response.incomplete" || type === "response.done";
    return isEnd && isJsonObject(response) ? end(response) : [];
  };

  return {
    accept(value) {
      if (!isJsonObject(value)) return undefined;
      if (value["object"] === "response") return end(value);
      return typeof value["type"] === "string" ? take(value) : undefined;
    },
    begun: () => begun,
    complete: () => final !== undefined,
    ended: () => final !== undefined,
    usage: () => toUsage(final?.["usage"]),
    finish() {
      const inOrder = [...items].toSorted(([a], [b]) => a - b).map(([, item]) => item);
      const parts = toParts(inOrder, options);
      return { type: "done", parts, usage: toUsage(final?.["usage"]), stopReason: toStopReason(final, inOrder) };
    },
  };
}

/** What is neither text nor a tool call is kept as it came: it goes back. */
function toParts(items: readonly JsonObject[], { inventId, origin }: ResponsesReplyOptions): AssistantPart[] {
  const ids = new Set<string>();
  return items.flatMap((item): AssistantPart[] => {
    switch (item["type"]) {
      case "message": {
        const text = textOf(item);
        const { phase } = item;
        // tells the model later which of its texts were remarks on the way
        const mark = typeof phase === "string" ? { type: "phase", phase } : undefined;
        const marked: AssistantPart[] = mark ? [{ type: "opaque", provider: origin, block: mark }] : [];
        return text === "" ? [] : [...marked, { type: "text", text }];
      }
      case "function_call": {
        const given = String(item["call_id"] ?? item["id"] ?? "");
        const id = given === "" || ids.has(given) ? `call_${inventId()}` : given;
        ids.add(id);
        const { name, arguments: text } = item;
        const input = typeof text === "string" ? parseArguments(text) : (text ?? {});
        return [{ type: "tool_call", call: { id, name: typeof name === "string" ? name : "", input } }];
      }
      default:
        return [{ type: "opaque", provider: origin, block: item }];
    }
  });
}

function contentOf(item: JsonObject): JsonObject[] {
  return Array.isArray(item["content"]) ? item["content"].filter(isJsonObject) : [];
}

function textOf(item: JsonObject): string {
  return contentOf(item)
    .map(({ text, refusal }) => (typeof text === "string" ? text : typeof refusal === "string" ? refusal : ""))
    .join("");
}

function shownOf(item: JsonObject): ModelEvent[] {
  const text = item["type"] === "message" ? textOf(item) : "";
  return text === "" ? [] : [{ type: "text", text }];
}

function toUsage(value: JsonValue | undefined): Usage | undefined {
  const told = usageSchema.safeParse(value);
  if (!told.success) return undefined;
  const {
    input_tokens,
    output_tokens,
    total_tokens,
    input_tokens_details: input,
    output_tokens_details: output,
  } = told.data;
  return usageOf({
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    totalTokens: total_tokens,
    cachedInputTokens: input?.cached_tokens,
    cacheWriteTokens: input?.cache_write_tokens,
    reasoningTokens: output?.reasoning_tokens,
  });
}

function toStopReason(final: JsonObject | undefined, items: readonly JsonObject[]): StopReason {
  const details = final?.["incomplete_details"];
  const reason = isJsonObject(details) ? details["reason"] : undefined;
  if (reason === "content_filter") return "refusal";
  if (reason === "max_output_tokens" || final?.["status"] === "incomplete") return "length";
  if (items.some((item) => contentOf(item).some(({ type }) => type === "refusal"))) return "refusal";
  return items.some(({ type }) => type === "function_call") ? "tool_calls" : "end";
}
