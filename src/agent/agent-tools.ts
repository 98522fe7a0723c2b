import { z } from "zod";
import { AxonerError, errorCodeOf, ToolError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { tokenUsage } from "../token-usage.ts";
import { defineTool, type CallingRun, type Tool } from "../tools/tool.ts";
import { exitReasons, type AgentEvent, type RunResult } from "./events.ts";

const input = z.object({
  prompt: z.string().min(1).describe("The task and all it needs to know; it sees nothing else"),
  session_id: z.string().optional().describe("Continue that of an earlier result"),
  provider: z.string().optional(),
  model: z.string().optional(),
  tools: z.array(z.string()).optional().describe("The only ones it may use"),
  max_turns: z.int().min(1).max(1_000).optional(),
  max_usd: z.number().gt(0).optional(),
  output_schema: z.string().optional().describe("JSON Schema of an object, as JSON text; fills `output`"),
});

export type RunAgentInput = z.output<typeof input>;

const output = z.object({
  text: z.string(),
  output: z.looseObject({}).optional(),
  session_id: z.string(),
  exit_reason: z.enum(exitReasons),
  turns: z.int(),
  tool_calls: z.int(),
  provider: z.string().optional().describe("Who answered last"),
  model: z.string().optional(),
  usage: tokenUsage,
  cost_usd: z.number().optional(),
});

/** What `run_agent` asks of whoever runs it. `outputSchema` is what `output_schema` held. */
export type AgentTask = Omit<RunAgentInput, "output_schema"> & { outputSchema: JsonObject | undefined };

export type StartAgent = (
  task: AgentTask,
  call: { signal: AbortSignal; caller: CallingRun | undefined },
) => AsyncIterable<AgentEvent>;

/** A whole agent as a tool. A run that ends at a limit is a result; one that fails is an error. */
export function runAgentTool(start: StartAgent): Tool {
  return defineTool({
    name: "run_agent",
    description:
      "Give a task to another agent, which works on it with these tools and answers briefly, so that its steps stay out of this conversation. Several may run at once.",
    input,
    output,
    hints: { openWorld: true, long: true },
    async run({ output_schema: schema, ...task }, { signal, progress, caller }) {
      let done = 0;
      const outputSchema = schema === undefined ? undefined : parseSchema(schema);
      try {
        for await (const event of start({ ...task, outputSchema }, { signal, caller })) {
          if (event.type === "run_finished") return resultOf(event, signal);
          const message = tell(event);
          if (message !== undefined) progress({ done: ++done, message });
        }
      } catch (thrown) {
        if (!(thrown instanceof AxonerError) || thrown instanceof ToolError) throw thrown;
        throw new ToolError(errorCodeOf(thrown), thrown.message, { cause: thrown });
      }
      throw new TypeError("a run ended without run_finished");
    },
  });
}

function parseSchema(text: string): JsonObject {
  try {
    const schema: unknown = JSON.parse(text);
    if (isJsonObject(schema)) return schema;
  } catch {
    // said below, with what is wanted
  }
  throw new ToolError(
    "invalid_input",
    'output_schema must be the JSON text of a JSON Schema, e.g. {"type": "object", …}',
  );
}

function resultOf(finished: { type: "run_finished" } & RunResult, signal: AbortSignal) {
  const { type: _type, error, output: answer, cost_usd: usd, ...result } = finished;
  signal.throwIfAborted();
  if (error !== undefined) {
    throw new ToolError(error.code, `${error.message}; session ${result.session_id} holds what was done until then`);
  }
  return { ...result, ...(usd === null ? {} : { cost_usd: usd }), ...(isJsonObject(answer) ? { output: answer } : {}) };
}

function tell(event: AgentEvent): string | undefined {
  switch (event.type) {
    case "turn_started":
      return `turn ${event.turn}: waiting for the model`;
    case "tool_started":
      return `${event.name}: started`;
    case "tool_finished":
      return `${event.name}: ${event.ok ? "done" : "failed"}`;
    case "compacted":
      return "the conversation was summed up";
    default:
      return undefined;
  }
}
