import { z } from "zod";
import { createAgent, type Agent, type AgentSettings } from "../../src/agent/agent.ts";
import type { AgentEvent } from "../../src/agent/events.ts";
import { ProviderError, ToolError } from "../../src/errors.ts";
import type { AssistantPart, JsonValue, StoredMessage } from "../../src/message.ts";
import type { ModelRequest, Price, Provider } from "../../src/providers/provider.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";

export const add = defineTool({
  name: "add",
  description: "Adds two numbers.",
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: async ({ a, b }, { progress }) => {
    progress({ done: 1, total: 2, message: "adding" });
    await Promise.resolve();
    return { sum: a + b };
  },
});

export const fail = defineTool({
  name: "fail",
  description: "Fails as it is told to.",
  input: z.object({ how: z.enum(["expected", "defect"]) }),
  output: z.object({}),
  run: async ({ how }) => {
    if (how === "expected") throw new ToolError("too_large", "the file is too large; try a smaller one");
    throw new TypeError("undefined is not a function");
  },
});

/** Waits until it is told to go on, or for ever. */
export function openWaitTool() {
  const running = new Set<AbortSignal>();
  let most = 0;
  const tool = defineTool({
    name: "wait",
    description: "Waits.",
    input: z.object({ for_ms: z.number().optional(), deaf: z.boolean().optional() }),
    output: z.object({}),
    run: async ({ for_ms: forMs, deaf = false }, { signal }) => {
      running.add(signal);
      most = Math.max(most, running.size);
      await new Promise<void>((resolve) => {
        if (forMs !== undefined) setTimeout(resolve, forMs);
        if (!deaf) signal.addEventListener("abort", () => resolve(), { once: true });
      });
      running.delete(signal);
      signal.throwIfAborted();
      return {};
    },
  });
  return { tool, running, most: () => most };
}

export function call(name: string, input: JsonValue): { name: string; input: JsonValue } {
  return { name, input };
}

/** An agent whose model replies by the script and may use `add` and `fail`. */
export function scripted(script: readonly ScriptStep[], settings: Partial<AgentSettings> = {}): Agent {
  return createAgent({ provider: scriptedProvider(script), tools: [add, fail], ...settings });
}

export async function collect(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const collected: AgentEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

/** What is wrong with a stored conversation: every call must be answered right behind the reply that made it. */
export function problemsOf(messages: readonly StoredMessage[] = []): string[] {
  const problems = messages.length === 0 ? ["there are no messages"] : [];
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      if (!open.includes(message.callId)) problems.push(`${message.callId} answers no call`);
      open = open.filter((id) => id !== message.callId);
      continue;
    }
    problems.push(...open.map((id) => `${id} is not answered`));
    const parts = message.role === "assistant" ? message.parts : [];
    open = parts.flatMap((part) => (part.type === "tool_call" ? [part.call.id] : []));
  }
  return [...problems, ...open.map((id) => `${id} is not answered`)];
}

/**
 * A model with a window and a price list, that counts as services do: four characters a token. It makes calls of `add`
 * for so many turns, replies with as much as it may up to `replyTokens`, and sums up what it is asked to.
 */
export function meteredModel({ windowTokens = Infinity, replyTokens = 20, callsFor = 0, price }: MeteredOptions) {
  const requests: ModelRequest[] = [];
  let turns = 0;
  const provider: Provider = {
    name: "metered",
    model: "m",
    price,
    async *stream(request) {
      await Promise.resolve();
      requests.push(request);
      const inputTokens = Math.ceil(JSON.stringify([request.system, request.messages, request.tools]).length / 4);
      if (inputTokens > windowTokens) {
        throw new ProviderError(`${inputTokens} tokens are too many`, { kind: "context", retryable: false });
      }
      const outputTokens = Math.min(replyTokens, request.maxOutputTokens ?? Infinity);
      const usage = { inputTokens, outputTokens };
      const isSummary = request.tools.length === 0;
      if (!isSummary) turns += 1;
      const text = isSummary ? "SUMMARY: sums were added." : "x".repeat(outputTokens * 2);
      const parts: AssistantPart[] = [{ type: "text", text }];
      const goesOn = !isSummary && turns <= callsFor;
      if (goesOn) parts.push({ type: "tool_call", call: { id: `c${turns}`, name: "add", input: { a: turns, b: 1 } } });
      yield { type: "done", parts, usage, stopReason: goesOn ? "tool_calls" : "end" };
    },
  };
  return { provider, requests };
}

interface MeteredOptions {
  windowTokens?: number;
  replyTokens?: number;
  callsFor?: number;
  price?: Price | undefined;
}
