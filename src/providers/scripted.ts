import { z } from "zod";
import { ConfigError, errorMessage, ProviderError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { AssistantPart, JsonValue, Usage } from "../message.ts";
import { tokenUsage, type TokenUsage } from "../token-usage.ts";
import type { ModelEvent, ModelRequest, Price, Provider, StopReason } from "./provider.ts";

const errorKind = z.enum(["key", "model", "context", "quota", "other"]).default("other");

const replySchema = z.strictObject({
  text: z.string().optional(),
  reasoning: z.string().optional(),
  /** `input` is JSON, or a text that stands for arguments that are no JSON. */
  tool_calls: z
    .array(z.strictObject({ name: z.string(), input: z.json().default({}), id: z.string().optional() }))
    .optional(),
  usage: tokenUsage.strict().optional(),
  stop_reason: z.enum(["end", "tool_calls", "length", "refusal"]).optional(),
  /** Fail instead, after `text`, having cost `usage`. */
  error: z.strictObject({ message: z.string(), retryable: z.boolean().default(false), kind: errorKind }).optional(),
});

const scriptSchema = z.array(z.union([z.string(), replySchema])).min(1);

/** One reply of the model: a text, or an object with text, tool calls, usage, or an error in their place. */
export type ScriptedReply = z.input<typeof scriptSchema>[number];

/** A reply, or a function that makes one of what it is asked. */
export type ScriptStep = ScriptedReply | ((request: ModelRequest) => ScriptedReply);

export interface ScriptedOptions {
  /** What the model costs, for trying out limits of money. */
  price?: Price;
}

/**
 * A provider that gives the replies of a list, one a request, in their order, without any network. When the list is
 * used up it fails with a `ProviderError`.
 */
export function scriptedProvider(script: readonly ScriptStep[], { price }: ScriptedOptions = {}): Provider {
  let asked = 0;
  return {
    name: "scripted",
    model: "scripted",
    price,
    async *stream(request, signal) {
      signal.throwIfAborted();
      const step = script[asked++];
      if (step === undefined) {
        const message = `the script has only ${script.length} replies, and another was asked for; add one to it`;
        throw new ProviderError(message, { retryable: false });
      }
      const reply = typeof step === "function" ? step(request) : step;
      yield* play(replySchema.parse(typeof reply === "string" ? { text: reply } : reply), { asked, signal });
    },
  };
}

/**
 * The scripted provider with its list in a JSON file, for trying out prompts, tools and shell scripts:
 * `axoner run --provider scripted --model replies.json "…"`.
 *
 * @throws ConfigError where the file cannot be read or holds no list of replies
 */
export async function openScript(path: string, host: Host): Promise<Provider> {
  const script = scriptSchema.safeParse(await readJson(path, host));
  if (script.success) return { ...scriptedProvider(script.data), model: path };
  const issue = script.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new ConfigError(
    `the script ${path} is not a list of replies${where}; e.g. ["a text", {"tool_calls": [{"name": "calculate", "input": {"expression": "2+3"}}]}]`,
  );
}

async function* play(
  reply: z.output<typeof replySchema>,
  { asked, signal }: { asked: number; signal: AbortSignal },
): AsyncGenerator<ModelEvent, void> {
  if (reply.reasoning) yield { type: "reasoning", text: reply.reasoning };
  // word by word, as a model would
  for (const text of reply.text?.split(/(?<=\s)(?=\S)/) ?? []) {
    signal.throwIfAborted();
    yield { type: "text", text };
  }
  signal.throwIfAborted();
  const usage = reply.usage && usageOf(reply.usage);
  if (reply.error) throw new ProviderError(reply.error.message, { ...reply.error, usage });
  const parts: AssistantPart[] = reply.text ? [{ type: "text", text: reply.text }] : [];
  for (const [index, { name, input, id }] of (reply.tool_calls ?? []).entries()) {
    parts.push({ type: "tool_call", call: { id: id ?? `call_${asked}_${index + 1}`, name, input } });
  }
  const stopReason: StopReason = reply.stop_reason ?? (reply.tool_calls?.length ? "tool_calls" : "end");
  yield { type: "done", parts, usage, stopReason };
}

function usageOf(told: TokenUsage): Usage {
  return {
    inputTokens: told.input_tokens,
    outputTokens: told.output_tokens,
    ...(told.cached_input_tokens === undefined ? {} : { cachedInputTokens: told.cached_input_tokens }),
    ...(told.cache_write_tokens === undefined ? {} : { cacheWriteTokens: told.cache_write_tokens }),
    ...(told.reasoning_tokens === undefined ? {} : { reasoningTokens: told.reasoning_tokens }),
  };
}

async function readJson(path: string, host: Host): Promise<JsonValue> {
  try {
    return JSON.parse(await host.readText(path)) as JsonValue;
  } catch (thrown) {
    throw new ConfigError(`the script ${path} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  }
}
