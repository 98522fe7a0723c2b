import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { AgentEvent } from "../agent/events.ts";
import type { EngineWithAgent } from "./agent-tool.ts";
import { AxonerError, ToolError } from "../errors.ts";
import { followAbort } from "../follow-abort.ts";
import type { ClientCall, RunClient } from "../mcp/agent-runs.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import type { Tool, ToolResult } from "../tools/tool.ts";

const clientTool = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/),
  description: z.string().max(4_000),
  input_schema: z.record(z.string(), z.json()),
  timeout_s: z.number().gt(0).max(86_400).optional(),
});

const wanted = z.strictObject({
  prompt: z.string().optional(),
  session_id: z.string().optional(),
  model: z.string().optional(),
  tools: z.array(z.string()).optional(),
  max_turns: z.int().min(1).optional(),
  max_usd: z.number().gt(0).optional(),
  output_schema: z.record(z.string(), z.json()).optional(),
  client_tools: z.array(clientTool).max(100).default([]),
});

/**
 * `axoner/run_agent`: one run of the agent for a program that sees every event and may bring tools of its own.
 *
 * @returns what `run_finished` says, whatever the exit reason; a failed result where no run began
 */
export async function runForClient(
  engine: EngineWithAgent,
  params: JsonObject,
  client: RunClient,
): Promise<ToolResult> {
  const { _meta, ...given } = params;
  const read = wanted.safeParse(given);
  if (!read.success) return { ok: false, code: "invalid_input", message: z.prettifyError(read.error) };
  const { client_tools: tools, output_schema: outputSchema, model, ...task } = read.data;
  try {
    const { agent, models } = await engine.openAgent();
    const run = agent.run({
      prompt: task.prompt,
      sessionId: task.session_id,
      toolNames: task.tools && [...task.tools, ...tools.map(({ name }) => name)],
      maxTurns: task.max_turns,
      maxUsd: task.max_usd,
      outputSchema,
      signal: client.signal,
      provider: model === undefined ? undefined : await models.open(model),
      tools: tools.map((tool) => toolOfClient(tool, client)),
    });
    return await follow(run, client);
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    if (thrown instanceof AxonerError) return { ok: false, code: "unavailable", message: thrown.message };
    throw thrown;
  }
}

async function follow(run: AsyncIterable<AgentEvent>, client: RunClient): Promise<ToolResult> {
  for await (const event of run) {
    const told = toJsonObject(event);
    await client.tell(told);
    if (event.type !== "run_finished") continue;
    const { type: _type, ...result } = told;
    return { ok: true, value: { status: "done", ...result } };
  }
  throw new TypeError("a run ended without run_finished");
}

function toJsonObject(event: AgentEvent): JsonObject {
  switch (event.type) {
    case "model_replied":
      return { ...event, usage: event.usage === null ? null : { ...event.usage } };
    case "run_finished":
      return { ...event, usage: { ...event.usage } };
    case "tool_progress":
      return { ...event };
    default:
      return event;
  }
}

function toolOfClient(
  { name, description, input_schema, timeout_s }: z.output<typeof clientTool>,
  client: RunClient,
): Tool {
  return {
    name,
    description,
    inputSchema: input_schema,
    outputSchema: { type: "object" },
    hints: { readOnly: false, openWorld: false, long: true, ofCaller: true },
    call: (input, { signal }) =>
      withLimit({ name, arguments: isJsonObject(input) ? input : {} }, { client, signal, timeoutS: timeout_s }),
  };
}

interface CallLimits {
  client: RunClient;
  signal: AbortSignal;
  timeoutS: number | undefined;
}

async function withLimit(call: ClientCall, { client, signal, timeoutS }: CallLimits): Promise<ToolResult> {
  if (timeoutS === undefined) return client.callTool(call, signal);
  const own = followAbort(signal);
  const done = new AbortController();
  const late = delay(timeoutS * 1_000, "late" as const, { signal: done.signal, ref: false }).catch(
    () => "done" as const,
  );
  try {
    const result = await Promise.race([client.callTool(call, own.signal), late]);
    if (typeof result !== "string") return result;
    own.abort();
    const message = `${call.name} had not finished after ${timeoutS} s; ask for less at once`;
    return { ok: false, code: "timeout", message };
  } finally {
    done.abort();
    own.release();
  }
}
