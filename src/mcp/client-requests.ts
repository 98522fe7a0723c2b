import { errorCodes, type ErrorCode } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";
import type { ToolResult } from "../tools/tool.ts";
import { notification, type Response } from "./json-rpc.ts";

/** Requests from the server to its client, each of which has a tool's result as its answer. */
export interface ClientRequests {
  /** Resolves with a result whatever happens; after an abort at once, and the client is told. */
  ask(request: ClientRequest): Promise<ToolResult>;
  settle(response: Response): void;
  /** No answer can come any more. */
  end(): void;
}

export interface ClientRequest {
  method: string;
  params: JsonObject;
  signal: AbortSignal;
}

const gone: ToolResult = { ok: false, code: "unavailable", message: "the program that has this tool is gone" };
const cancelled: ToolResult = { ok: false, code: "cancelled", message: "the call was cancelled" };

export function openClientRequests(deliver: (message: JsonObject) => Promise<void>): ClientRequests {
  const open = new Map<string, (result: ToolResult) => void>();
  let lastId = 0;
  let hasEnded = false;
  return {
    async ask({ method, params, signal }) {
      if (signal.aborted) return cancelled;
      if (hasEnded) return gone;
      const id = `axoner-${++lastId}`;
      const { promise, resolve } = Promise.withResolvers<ToolResult>();
      open.set(id, resolve);
      const cancel = () => {
        resolve(cancelled);
        void deliver(notification("notifications/cancelled", { requestId: id, run: params["run"] ?? null }));
      };
      signal.addEventListener("abort", cancel, { once: true });
      try {
        await deliver({ jsonrpc: "2.0", id, method, params });
        return await promise;
      } finally {
        signal.removeEventListener("abort", cancel);
        open.delete(id);
      }
    },
    settle({ id, result, error }) {
      if (typeof id === "string") open.get(id)?.(error === undefined ? readResult(result) : refusal(error));
    },
    end() {
      hasEnded = true;
      for (const resolve of open.values()) resolve(gone);
    },
  };
}

/** What the client answered: `{value}`, or `{code, message}` where its tool failed. */
function readResult(result: JsonValue | undefined): ToolResult {
  if (!isJsonObject(result)) return unreadable("its answer is no object");
  const { value, code, message } = result;
  if (isJsonObject(value)) return { ok: true, value };
  if (typeof message !== "string") return unreadable("its answer has neither a value nor a message");
  return { ok: false, code: isErrorCode(code) ? code : "internal", message };
}

function refusal(error: JsonValue): ToolResult {
  return unreadable(isJsonObject(error) && typeof error["message"] === "string" ? error["message"] : "it refused");
}

function unreadable(problem: string): ToolResult {
  return { ok: false, code: "unavailable", message: `the program that has this tool did not run it: ${problem}` };
}

function isErrorCode(code: JsonValue | undefined): code is ErrorCode {
  return errorCodes.some((known) => known === code);
}
