import type { AssistantPart, JsonObject, Message, Usage } from "../message.ts";

/**
 * One model behind one service. Every implementation passes `providerContract` of `axoner/testing`.
 */
export interface Provider {
  /** The name it is configured under, e.g. `openai`. */
  readonly name: string;
  /** The model it asks, as the service spells it. */
  readonly model: string;
  /** Undefined for a model whose price is not known. */
  readonly price: Price | undefined;
  /**
   * Ask for one reply: deltas as they come, then exactly one `done` that holds the whole reply.
   * Leaving the iteration early ends the request.
   *
   * @throws ProviderError where the service refused, could not be reached or broke off; the signal's reason after an abort
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

export interface ModelRequest {
  system: string | undefined;
  /** Every tool call in it is answered by a `tool` message before the next reply. */
  messages: readonly Message[];
  tools: readonly ModelTool[];
  /** The reply is to be JSON of this form. */
  output?: OutputFormat;
  /** The most tokens of the reply; default the service's own limit. */
  maxOutputTokens?: number;
  /** Told what the reply costs before it has come. A provider that makes one attempt only need not tell. */
  meter?: RequestMeter;
}

/** Keeps what the attempts at one reply cost, so that a limit holds in the midst of them. */
export interface RequestMeter {
  /** The service works on an attempt. */
  started(attempt: StartedAttempt): void;
  /** An attempt broke off. Another may be made only where this returns true: it can still be paid. */
  lost(attempt: LostAttempt): boolean;
}

export interface StartedAttempt {
  /** What it has cost so far; undefined while the service has told nothing. */
  usage: () => Usage | undefined;
  /** Of who was asked, where that is not the provider itself. */
  price?: Price | undefined;
}

export interface LostAttempt {
  usage: Usage | undefined;
  price?: Price | undefined;
}

export interface OutputFormat {
  /** Letters, digits, `_` and `-`. */
  name: string;
  /** JSON Schema of an object. */
  schema: JsonObject;
}

/** US dollars for a million tokens. */
export interface Price {
  input: number;
  output: number;
  cachedInput: number;
  cacheWrite: number;
  /** What holds for the whole request instead once its input is longer than `over` tokens. */
  long?: { over: number; price: Price };
}

/** The model that is used, and others that the user names. */
export interface Models {
  current: Provider;
  /** `MODEL` of the same service, or `PROVIDER/MODEL`. @throws ConfigError for one that cannot be opened */
  open(name: string): Promise<Provider>;
}

/** What the model is told about a tool. */
export interface ModelTool {
  name: string;
  description: string;
  inputSchema: JsonObject;
}

export type ModelEvent = { type: "text"; text: string } | { type: "reasoning"; text: string } | ModelReply;

export interface ModelReply {
  type: "done";
  parts: AssistantPart[];
  /** Undefined where the service does not count. */
  usage: Usage | undefined;
  stopReason: StopReason;
  /** Who gave the reply, where it was not the provider that was asked. */
  servedBy?: Pick<Provider, "name" | "model" | "price">;
  /** What those said that were asked for this reply before and failed. */
  failed?: string;
}

/** Why the model stopped: it had said all, wants tools run, hit the service's length limit, or would not answer. */
export type StopReason = "end" | "tool_calls" | "length" | "refusal";
