import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import type { Services } from "./services.ts";
import { outcomeOf } from "./outcome.ts";
import { inputJsonSchema, outputJsonSchema, parseInput, parseOutput } from "./schema.ts";

/** What a client is told about a tool. */
export interface ToolDefinition {
  /** `^[a-z][a-z0-9_]{0,40}$` */
  name: string;
  description: string;
  /** JSON Schema 2020-12 of the plain kind every MCP client understands: no `$ref`, unions, tuples or records. */
  inputSchema: JsonObject;
  outputSchema: JsonObject;
  hints: ToolHints;
  /** The other MCP server that has it, by its name in the configuration. What it says of itself is that server's word. */
  server?: string;
}

export interface ToolHints {
  /** Changes nothing outside the workspace. */
  readOnly: boolean;
  /** Reaches beyond this machine. */
  openWorld: boolean;
  /** May take more than a moment, or more than a little memory: runs in the engine's own process. */
  long: boolean;
  /** Is a function of the program that asked for the run, which answers for what it does: nobody is asked about it. */
  ofCaller?: true;
}

export interface Tool extends ToolDefinition {
  /** Validate the input and run. Throws only when `context.signal` aborts, and then its reason; or resolves as `cancelled`. */
  call(input: unknown, context: ToolContext): Promise<ToolResult>;
}

export type ToolResult =
  | { ok: true; value: JsonObject; images?: Image[] }
  | { ok: false; code: ErrorCode; message: string };

/** A picture beside the value, for clients that show one to their model. Only where it was asked for. */
export interface Image {
  /** Base64. */
  data: string;
  mimeType: string;
}

/** How far a call has come. `done` never falls; `total` is absent where it is not known. */
export interface Progress {
  done: number;
  total?: number;
  message?: string;
  /** The id of a dataset that has what there is so far, and keeps it whatever happens. */
  dataset?: string;
}

/** What a call is given besides its input. */
export interface ToolContext {
  signal: AbortSignal;
  progress: (update: Progress) => void;
  services: Services;
  /** The run of an agent that makes the call, where one does and runs its tools in this process. */
  caller?: CallingRun | undefined;
}

/** A run whose model calls a tool. An agent that is the tool spends from what that run may use up. */
export interface CallingRun {
  readonly sessionId: string;
}

/** What `run` is given: the call's context, and a way to add pictures to its result. */
export interface RunContext extends ToolContext {
  attach: (image: Image) => void;
}

export interface ToolOptions<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  description: string;
  input: Input;
  output: Output;
  hints?: Partial<ToolHints>;
  run(input: z.output<Input>, context: RunContext): Promise<z.input<Output>>;
}

/**
 * Make a tool out of zod types and a function. The types are inferred and then hidden: the returned `Tool` speaks
 * plain JSON. Inputs are read leniently where models are sloppy (null for an omitted optional, "7" for 7) and
 * strictly everywhere else. A `ToolError` thrown by `run` becomes a failed result with its code; what else it
 * throws passes through, and the engine reports it as `internal`.
 *
 * @throws TypeError for a name, parameter or type that some MCP client cannot handle; the message says which.
 */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  options: ToolOptions<Input, Output>,
): Tool {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(options.name)) {
    throw new TypeError(`tool name "${options.name}" must match ^[a-z][a-z0-9_]{0,40}$`);
  }
  const { name, description, input, output, run } = options;
  const inputSchema = inputJsonSchema(name, input);
  return {
    name,
    description,
    inputSchema,
    outputSchema: outputJsonSchema(output),
    hints: { readOnly: false, openWorld: false, long: false, ...options.hints },
    call: (sent, context) =>
      outcomeOf(context.signal, async (attach) => {
        const returned = await run(parseInput({ name, input, schema: inputSchema }, sent), { ...context, attach });
        return parseOutput(output, returned);
      }),
  };
}
