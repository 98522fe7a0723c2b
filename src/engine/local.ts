import { setTimeout as delay } from "node:timers/promises";
import { errorCodes, errorMessage, ToolError } from "../errors.ts";
import { followAbort, type FollowedAbort } from "../follow-abort.ts";
import { log } from "../log.ts";
import { isJsonObject } from "../message.ts";
import { didYouMean } from "../text/nearest.ts";
import { cutText, printable } from "../text/text.ts";
import type { Services } from "../tools/services.ts";
import type { Tool, ToolDefinition, ToolResult } from "../tools/tool.ts";
import { checkJson } from "./check-json.ts";
import type { CallOptions, Engine } from "./engine.ts";

export interface LocalEngineOptions {
  tools: readonly Tool[];
  /** Opens what tools call, on the first call; whoever passes it closes what it opened. */
  services: (tool: string) => Promise<Services> | Services;
}

/** A longer message is cut: it goes to a model. */
const maxMessageChars = 4_000;
/** How long a tool may take to notice an abort before its call is answered without it. */
const abortGraceMs = 500;

/** An engine that runs tools in this process. */
export function openLocalEngine({ tools, services }: LocalEngineOptions): Engine {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const definitions = tools.map(definitionOf);
  const running = new Map<Promise<ToolResult>, FollowedAbort>();
  let closed: ToolError | undefined;

  return {
    definitions: () => Promise.resolve(definitions),
    async call(name, input, options) {
      const tool = byName.get(name);
      if (tool === undefined) return unknownTool(name, [...byName.keys()]);
      const abort = followAbort(options.signal);
      if (closed !== undefined) abort.abort(closed);
      const call = run(tool, input, { ...options, services, signal: abort.signal });
      running.set(call, abort);
      try {
        return await call;
      } finally {
        running.delete(call);
        abort.release();
      }
    },
    async close() {
      closed = new ToolError("cancelled", "the engine is closing");
      for (const abort of running.values()) abort.abort(closed);
      await Promise.all(running.keys());
    },
  };
}

/** The answer to a name no engine knows. */
export function unknownTool(name: string, known: readonly string[]): ToolResult {
  const message = `there is no tool "${cutText(name, 60)}"${didYouMean(name, known)}; the tools are ${known.join(", ")}`;
  return { ok: false, code: "not_found", message };
}

async function run(
  tool: Tool,
  input: unknown,
  call: CallOptions & Pick<LocalEngineOptions, "services">,
): Promise<ToolResult> {
  const { signal, progress, services, caller } = call;
  const work = async (): Promise<ToolResult> => {
    signal.throwIfAborted();
    const context = { signal, progress: finite(progress), services: await services(tool.name), caller };
    return await wellFormed(tool, await tool.call(input, context));
  };
  const working = work();
  try {
    return await Promise.race([working, abandoned(signal, working)]);
  } catch (thrown) {
    if (signal.aborted) return { ok: false, code: "cancelled", message: `${tool.name} was cancelled` };
    if (thrown instanceof ToolError) return failed(tool, { ok: false, code: thrown.code, message: thrown.message });
    log.error(`${tool.name} failed`, thrown);
    const message = `${tool.name} failed unexpectedly: ${printable(cutText(errorMessage(thrown), maxMessageChars))}`;
    return { ok: false, code: "internal", message };
  }
}

/**
 * The result as the contract has it, whatever a tool of the user's own returned: a value that is JSON, a code that
 * there is, a message that can be shown.
 */
async function wellFormed(tool: Tool, result: ToolResult): Promise<ToolResult> {
  if (!result.ok) return failed(tool, result);
  if (!isJsonObject(result.value)) throw new TypeError("it returned no object");
  await checkJson(result.value);
  return result;
}

function failed({ name }: Tool, result: Extract<ToolResult, { ok: false }>): ToolResult {
  const message = printable(cutText(result.message, maxMessageChars));
  if (errorCodes.includes(result.code)) return { ...result, message };
  log.warn(`${name} failed with the code "${result.code}", which there is not; the codes are ${errorCodes.join(", ")}`);
  return { ok: false, code: "internal", message };
}

function finite(progress: CallOptions["progress"]): CallOptions["progress"] {
  return (update) => {
    if (Number.isFinite(update.done)) progress(update);
  };
}

/** Rejects when `working` has not settled for a while after an abort; never settles otherwise. */
function abandoned(signal: AbortSignal, working: Promise<unknown>): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const give = () => void delay(abortGraceMs, undefined, { ref: false }).then(() => reject(signal.reason));
  signal.addEventListener("abort", give, { once: true });
  const forget = () => signal.removeEventListener("abort", give);
  working.then(forget, forget);
  return promise;
}

function definitionOf({ name, description, inputSchema, outputSchema, hints }: Tool): ToolDefinition {
  return { name, description, inputSchema, outputSchema, hints };
}
