import { setTimeout as delay } from "node:timers/promises";
import { CallToolResultSchema, ErrorCode as RpcCode, McpError, type Tool } from "@modelcontextprotocol/sdk/types.js";
import type { CallOptions } from "../engine/engine.ts";
import { AxonerError, errorMessage } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { cutText, printable } from "../text/text.ts";
import type { ToolResult } from "../tools/tool.ts";
import { tooLargeCode } from "./child-transport.ts";
import { keepConnection, type ConnectOptions, type KeptConnection } from "./client-connection.ts";
import { fromCallToolResult } from "./client-result.ts";

/** Another MCP server. */
export interface OtherServer {
  tools(): Promise<readonly Tool[]>;
  /** Resolves with a result for anything that can go wrong. */
  call(tool: string, input: unknown, options: CallOptions): Promise<ToolResult>;
  close(): Promise<void>;
}

/** How long a server may take to notice a cancel before its call is answered without it. */
const cancelGraceMs = 500;
/** The caller has a limit of its own: a call ends by its signal. */
const noTimeoutMs = 2 ** 31 - 1;

export interface OtherServerOptions extends ConnectOptions {
  /** What goes as `_meta` with each call, such as the trace it belongs to. */
  callMeta?: CallMeta | undefined;
}

export type CallMeta = () => Promise<JsonObject>;

export function openOtherServer({ callMeta, ...options }: OtherServerOptions): OtherServer {
  const connection = keepConnection(options);
  return {
    async tools() {
      const { tools, link } = await connection.get();
      try {
        const listed = await tools.get();
        connection.succeeded();
        return listed;
      } catch (thrown) {
        const words = link.lastWords();
        if (words === "") throw thrown;
        const message = `the server ${options.name} does not list its tools: ${errorMessage(thrown)}; it said: ${printable(words)}`;
        throw new AxonerError(message, { cause: thrown });
      }
    },
    async call(tool, input, callOptions) {
      const call = { tool, input, callMeta, ...callOptions };
      return Promise.race([callTool(options.name, call, connection), cancelledSoon(call)]);
    },
    close: () => connection.close(),
  };
}

interface Call extends CallOptions {
  tool: string;
  input: unknown;
  callMeta: CallMeta | undefined;
}

async function callTool(server: string, call: Call, connection: KeptConnection): Promise<ToolResult> {
  const { tool, signal } = call;
  try {
    let result = await callOnce(call, connection);
    if (result === "forgotten" || (result === "lost" && (await isRepeatable(tool, connection)))) {
      result = await callOnce(call, connection);
    }
    if (typeof result !== "string") return result;
    const message = `the server ${server} ended before it answered ${tool}; it is started again by the next call, but look first whether the call had an effect`;
    return { ok: false, code: "unavailable", message };
  } catch (thrown) {
    if (signal.aborted) return cancelled(tool);
    if (thrown instanceof McpError && thrown.code === tooLargeCode) {
      return { ok: false, code: "too_large", message: `${tool} of the server ${server}: ${thrown.message}` };
    }
    const message = `${tool} of the server ${server} failed: ${errorMessage(thrown)}`;
    return { ok: false, code: "unavailable", message };
  }
}

async function callOnce(call: Call, connection: KeptConnection): Promise<ToolResult | "lost" | "forgotten"> {
  const { tool, input, callMeta, signal, progress } = call;
  const { client } = await connection.get();
  try {
    const meta = callMeta === undefined ? {} : { _meta: await callMeta() };
    const params = { name: tool, arguments: isJsonObject(input) ? input : {}, ...meta };
    const result = await client.request({ method: "tools/call", params }, CallToolResultSchema, {
      signal,
      timeout: noTimeoutMs,
      onprogress: ({ progress: done, total, message }) =>
        progress({
          done,
          ...(total === undefined ? {} : { total }),
          ...(message === undefined ? {} : { message: printable(cutText(message, 200)) }),
        }),
    });
    connection.succeeded();
    return fromCallToolResult(result);
  } catch (thrown) {
    const isLost = thrown instanceof McpError && thrown.code === (RpcCode.ConnectionClosed as number);
    if (!isLost && !isForgotten(thrown)) throw thrown;
    await connection.drop();
    return isLost ? "lost" : "forgotten";
  }
}

/** A call that may have had an effect is not made twice. */
async function isRepeatable(tool: string, connection: KeptConnection): Promise<boolean> {
  const tools = await (await connection.get()).tools.get();
  const hints = tools.find(({ name }) => name === tool)?.annotations;
  return hints?.readOnlyHint === true || hints?.idempotentHint === true;
}

/** A server that was started anew does not know the session, and has not done what it was asked to. */
function isForgotten(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === 404;
}

async function cancelledSoon({ tool, signal }: Call): Promise<ToolResult> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  await delay(cancelGraceMs, undefined, { ref: false });
  return cancelled(tool);
}

function cancelled(tool: string): ToolResult {
  return { ok: false, code: "cancelled", message: `${tool} was cancelled` };
}
