import * as api from "@opentelemetry/api";
import type { ToolCallTrace } from "../mcp/tool-calls.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { cutText } from "../text/text.ts";
import * as content from "./content.ts";
import { beginSpan, type Failure } from "./spans.ts";

const maxIdChars = 64;

/**
 * Each `tools/call` as a span of OpenTelemetry's MCP conventions. It belongs to the trace that the client names in
 * `_meta`: https://modelcontextprotocol.io/community/seps/414-request-meta
 */
export function traceToolCalls(withContent: boolean): ToolCallTrace {
  return async ({ id, params }, name, call) => {
    const meta = isJsonObject(params["_meta"]) ? params["_meta"] : {};
    const parent = api.propagation.extract(api.ROOT_CONTEXT, meta, stringsAlone);
    const attributes = {
      "mcp.method.name": "tools/call",
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "jsonrpc.request.id": cutText(String(id), maxIdChars),
      "network.transport": "pipe",
    };
    const start = { name: `tools/call ${name}`, kind: api.SpanKind.SERVER, attributes, parent };
    const span = beginSpan(api, start, withContent);
    if (withContent) span.add(() => content.argumentsContent(params["arguments"] ?? null));
    let failure: Failure | undefined = { type: "_OTHER" };
    try {
      const result = await span.within(call);
      // the conventions want `tool_error`; which one it was is ours to add
      failure = result.ok ? undefined : { type: "tool_error", message: result.message };
      if (withContent) span.add(() => content.resultContent(result));
      if (!result.ok) span.add(() => ({ "axoner.error_code": result.code }));
      return result;
    } finally {
      span.end({}, failure);
    }
  };
}

/** The active span's trace, as `_meta` carries it to another server. */
export function activeTrace(): JsonObject {
  const carrier: JsonObject = {};
  api.propagation.inject(api.context.active(), carrier);
  return carrier;
}

/** `_meta` is the client's: what is no text is no header. */
const stringsAlone: api.TextMapGetter<Record<string, unknown>> = {
  keys: (meta) => Object.keys(meta),
  get(meta, key) {
    const value = Object.hasOwn(meta, key) ? meta[key] : undefined;
    return typeof value === "string" ? value : undefined;
  },
};
