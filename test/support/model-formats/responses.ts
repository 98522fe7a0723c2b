import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/message.ts";
import { halves, isName, objects, sign, toArguments, type ModelFormat, type WholeReply } from "./format.ts";

/** OpenAI's Responses. Spec: https://platform.openai.com/docs/api-reference/responses-streaming */
export const responsesFormat: ModelFormat = {
  stream: (reply, id) =>
    replyEvents(reply, id)
      .map(
        (event, index) =>
          `event: ${String(event["type"])}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
      )
      .join(""),
  problemOf(body) {
    if (typeof body["model"] !== "string" || body["stream"] !== true) return "model and stream are required";
    const tools = body["tools"] === undefined ? [] : objects(body["tools"]);
    if (!tools.every(({ type, name, parameters }) => type === "function" && isName(name) && isJsonObject(parameters))) {
      return "Invalid tools";
    }
    const input = objects(body["input"]);
    return input.length === 0 ? "Missing required parameter: 'input'" : problemOfItems(input);
  },
};

function replyEvents(reply: WholeReply, id: string): JsonObject[] {
  const { usage, stop_reason: stop } = reply;
  const items = itemsOf(reply, id);
  const reasons: Record<string, string> = { length: "max_output_tokens", refusal: "content_filter" };
  const reason = stop === undefined ? undefined : reasons[stop];
  const base = { id, object: "response", created_at: 1, model: "mock", error: null, incomplete_details: null };
  const response = {
    ...base,
    status: reason === undefined ? "completed" : "incomplete",
    incomplete_details: reason === undefined ? null : { reason },
    output: items.map(({ item }) => item),
    usage: usage ? countsOf(usage) : null,
  };
  return [
    { type: "response.created", response: { ...base, status: "in_progress", output: [], usage: null } },
    { type: "response.in_progress", response: { ...base, status: "in_progress", output: [], usage: null } },
    ...items.flatMap(({ item, deltas }, output_index): JsonObject[] => [
      { type: "response.output_item.added", output_index, item: emptied(item) },
      ...deltas.map((delta) => ({ ...delta, item_id: item["id"] ?? null, output_index })),
      { type: "response.output_item.done", output_index, item },
    ]),
    { type: reason === undefined ? "response.completed" : "response.incomplete", response },
  ];
}

function countsOf({ input_tokens, output_tokens }: NonNullable<WholeReply["usage"]>): JsonObject {
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
}

interface Item {
  item: JsonObject;
  deltas: JsonObject[];
}

function itemsOf({ text = "", reasoning, tool_calls: calls = [] }: WholeReply, id: string): Item[] {
  const items: Item[] = [];
  if (reasoning !== undefined) {
    items.push({
      item: {
        id: `rs_${id}`,
        type: "reasoning",
        summary: [{ type: "summary_text", text: reasoning }],
        encrypted_content: sign(reasoning),
      },
      deltas: [
        { type: "response.reasoning_summary_part.added", summary_index: 0, part: { type: "summary_text", text: "" } },
        ...halves(reasoning).map((delta) => ({
          type: "response.reasoning_summary_text.delta",
          summary_index: 0,
          delta,
        })),
        { type: "response.reasoning_summary_text.done", summary_index: 0, text: reasoning },
        {
          type: "response.reasoning_summary_part.done",
          summary_index: 0,
          part: { type: "summary_text", text: reasoning },
        },
      ],
    });
  }
  if (text !== "") {
    const part = { type: "output_text", text, annotations: [], logprobs: [] };
    items.push({
      item: {
        id: `msg_${id}`,
        type: "message",
        role: "assistant",
        status: "completed",
        content: [part],
      },
      deltas: [
        { type: "response.content_part.added", content_index: 0, part: { ...part, text: "" } },
        ...halves(text).map((delta) => ({ type: "response.output_text.delta", content_index: 0, delta, logprobs: [] })),
        { type: "response.output_text.done", content_index: 0, text, logprobs: [] },
        { type: "response.content_part.done", content_index: 0, part },
      ],
    });
  }
  for (const [index, { name, input, id: callId = `call_${id}_${index}` }] of calls.entries()) {
    const json = toArguments(input);
    items.push({
      item: {
        id: `fc_${id}_${index}`,
        type: "function_call",
        status: "completed",
        arguments: json,
        call_id: callId,
        name,
      },
      deltas: [
        ...halves(json).map((delta) => ({ type: "response.function_call_arguments.delta", delta })),
        { type: "response.function_call_arguments.done", arguments: json },
      ],
    });
  }
  return items;
}

function emptied(item: JsonObject): JsonObject {
  const { type } = item;
  if (type === "message") return { ...item, status: "in_progress", content: [] };
  return type === "function_call" ? { ...item, status: "in_progress", arguments: "" } : { ...item, summary: [] };
}

/** Every call is answered once, somewhere behind it, and reasoning is the service's own. */
function problemOfItems(items: readonly JsonObject[]): string | undefined {
  const open = new Set<JsonValue | undefined>();
  const ids = new Set<JsonValue | undefined>();
  for (const [index, item] of items.entries()) {
    const { type = "message", call_id: callId, role, content, summary } = item;
    if (type === "function_call") {
      if (ids.has(callId) || typeof callId !== "string" || callId.length > 64) return `input[${index}]: bad call_id`;
      if (!isName(item["name"]) || typeof item["arguments"] !== "string") return `input[${index}]: bad call`;
      ids.add(callId);
      open.add(callId);
    } else if (type === "function_call_output") {
      if (!open.delete(callId)) return `No tool call found for function call output with call_id ${String(callId)}.`;
      const output = typeof item["output"] === "string" ? [] : objects(item["output"]);
      const known = output.every((part) => part["type"] === "input_text" || part["type"] === "input_image");
      if (item["output"] === undefined || !known) return `input[${index}]: output is required`;
    } else if (type === "reasoning") {
      const [first] = objects(summary);
      if (item["encrypted_content"] !== sign(String(first?.["text"])))
        return "The encrypted content could not be verified.";
    } else if (type === "message") {
      const known = role === "user" || role === "assistant";
      if (!known || content === undefined) return `input[${index}]: bad message`;
    } else return `input[${index}]: unknown type ${JSON.stringify(type)}`;
  }
  return open.size > 0 ? `No tool output found for function call ${[...open].join()}.` : undefined;
}
