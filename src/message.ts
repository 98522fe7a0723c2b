/** What a conversation is made of, and the JSON that everything else is made of. */

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** One request of the model to run a tool. `input` is parsed JSON; where the model sent no JSON, the text it sent. */
export interface ToolCall {
  id: string;
  name: string;
  input: JsonValue;
}

/**
 * A part of what the model said. `opaque` blocks (thinking signatures, reasoning items) belong to the provider
 * that made them and go back to it unchanged.
 */
export type AssistantPart =
  | { type: "text"; text: string }
  | { type: "tool_call"; call: ToolCall }
  | { type: "opaque"; provider: string; block: JsonValue };

export type Message = UserMessage | { role: "assistant"; parts: AssistantPart[] } | ToolMessage;

/** What the model is told of one of its calls. */
export interface ToolMessage {
  role: "tool";
  callId: string;
  name: string;
  ok: boolean;
  text: string;
  /** What the tool returned beside the text. */
  images?: readonly Picture[];
  /** The call was not approved, so it was not made. */
  refused?: true;
}

export interface UserMessage {
  role: "user";
  text: string;
  images?: readonly Picture[];
  /** The text sums up the first so many messages of the conversation and stands for them from here on. */
  summarizes?: number;
}

/** What is kept with a conversation although nobody said it. No model is shown it. */
export type Note =
  | { role: "note"; type: "title"; title: string }
  /** The user has approved all calls of a tool in this conversation, or wants to be asked again. */
  | { role: "note"; type: "approval"; tool: string; isWithdrawn?: true }
  /** Everything behind the first `keeps` stored messages was taken back. */
  | { role: "note"; type: "undo"; keeps: number };

/** Stored conversations are only ever added to: what changes one is a message or a note at its end. */
export type StoredMessage = Message | Note;

/** PNG, JPEG, GIF or WebP. */
export interface Picture {
  /** Such as `image/png`. */
  mediaType: string;
  base64: string;
}

/** Tokens one model reply cost. What a service does not tell is left out. */
export interface Usage {
  /** All that was read, whether from a cache or not. */
  inputTokens: number;
  /** All that was written, reasoning included. */
  outputTokens: number;
  /** Of the input, what a cache gave. */
  cachedInputTokens?: number;
  /** Of the input, what was put into a cache. */
  cacheWriteTokens?: number;
  /** Of the output. */
  reasoningTokens?: number;
  /** Only the sum was told: it stands as output, which is the dearer part. What it cost is not known. */
  isSumOnly?: true;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
