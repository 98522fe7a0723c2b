import type { Attributes } from "@opentelemetry/api";
import type { RunResult } from "../agent/events.ts";
import type { BeginningRun } from "../agent/run-trace.ts";
import { ProviderError } from "../errors.ts";
import type { ToolCall } from "../message.ts";
import type { ModelReply, ModelRequest, Provider, StopReason } from "../providers/provider.ts";
import { cutText } from "../text/text.ts";

// names and values: https://github.com/open-telemetry/semantic-conventions-genai (2026-11)

/** A model may make up names. */
const maxNameChars = 64;

export function runAttributes(run: BeginningRun): Attributes {
  const { provider, sessionId, isStructured } = run;
  return {
    "gen_ai.operation.name": "invoke_agent",
    ...modelAttributes(provider),
    "gen_ai.conversation.id": sessionId,
    ...agentName(run),
    ...(isStructured ? { "gen_ai.output.type": "json" } : {}),
  };
}

export function resultAttributes(result: RunResult): Attributes {
  const { usage, exit_reason, turns, tool_calls, cost_usd: usd } = result;
  return {
    "gen_ai.usage.input_tokens": usage.input_tokens,
    "gen_ai.usage.output_tokens": usage.output_tokens,
    ...withCount("gen_ai.usage.cache_read.input_tokens", usage.cached_input_tokens),
    ...withCount("gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens),
    ...withCount("gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens),
    "axoner.exit_reason": exit_reason,
    "axoner.turns": turns,
    "axoner.tool_calls": tool_calls,
    ...(usd === null ? {} : { "axoner.cost_usd": usd }),
  };
}

/** What tells one kind of request from another, in spans and metrics. */
export function chatKind(provider: Provider): Attributes {
  return { "gen_ai.operation.name": "chat", ...modelAttributes(provider) };
}

export function requestAttributes({ maxOutputTokens, output }: ModelRequest): Attributes {
  return {
    "gen_ai.request.stream": true,
    ...withCount("gen_ai.request.max_tokens", maxOutputTokens),
    ...(output === undefined ? {} : { "gen_ai.output.type": "json" }),
  };
}

export function replyAttributes({ usage, stopReason }: ModelReply): Attributes {
  return {
    "gen_ai.response.finish_reasons": [finishReasons[stopReason]],
    ...withCount("gen_ai.usage.input_tokens", usage?.inputTokens),
    ...withCount("gen_ai.usage.output_tokens", usage?.outputTokens),
    ...withCount("gen_ai.usage.cache_read.input_tokens", usage?.cachedInputTokens),
    ...withCount("gen_ai.usage.cache_creation.input_tokens", usage?.cacheWriteTokens),
    ...withCount("gen_ai.usage.reasoning.output_tokens", usage?.reasoningTokens),
  };
}

export const finishReasons: Readonly<Record<StopReason, string>> = {
  end: "stop",
  tool_calls: "tool_call",
  length: "length",
  refusal: "content_filter",
};

export function toolAttributes({ id, name }: ToolCall, description: string | undefined) {
  return {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": cutText(name, maxNameChars),
    "gen_ai.tool.call.id": cutText(id, maxNameChars),
    "gen_ai.tool.type": "function",
    ...(description === undefined ? {} : { "gen_ai.tool.description": description }),
  };
}

/** `error.type` of a request that gave no reply. */
export function requestErrorType(failure: unknown, signal: AbortSignal): string {
  if (failure === undefined || signal.aborted) return "cancelled";
  if (failure instanceof ProviderError) return failure.kind === "other" ? "provider_error" : failure.kind;
  return failure instanceof Error ? failure.name : "_OTHER";
}

/** For metrics. */
export function errorType(failure: { type: string } | undefined): Attributes {
  return failure === undefined ? {} : { "error.type": failure.type };
}

export function agentName({ name }: BeginningRun): Attributes {
  return name === undefined ? {} : { "gen_ai.agent.name": name };
}

function modelAttributes({ name, model }: Provider): Attributes {
  return { "gen_ai.provider.name": providerNames[name] ?? name, "gen_ai.request.model": model };
}

/** Where the conventions have another name than ours. */
const providerNames: Readonly<Record<string, string>> = { "openai-chat": "openai", "openai-responses": "openai" };

function withCount(name: string, count: number | undefined): Attributes {
  return count === undefined ? {} : { [name]: count };
}
