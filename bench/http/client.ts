import { Pool } from "undici";

export type Era = "2025-11-25" | "2026-07-28";

/** A client with a connection and, in the era that has them, a session of its own. */
export interface HttpClient {
  /** The text of a tool's result. */
  call(expression: string): Promise<string>;
  close(): Promise<void>;
}

type Params = Record<string, unknown>;

/** What is measured is the server: so this knows only what a client must say, and reads only what it was sent. */
export async function openClient(url: URL, era: Era): Promise<HttpClient> {
  const pool = new Pool(url.origin, { connections: 1, pipelining: 1 });
  let headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": era,
  };
  let id = 0;
  const send = async (method: string, params: Params, more: Record<string, string> = {}) => {
    const isRequest = !method.startsWith("notifications/");
    const body = JSON.stringify({ jsonrpc: "2.0", ...(isRequest ? { id: ++id } : {}), method, params });
    const sent = { ...headers, ...more };
    const {
      statusCode,
      headers: got,
      body: answer,
    } = await pool.request({ path: url.pathname, method: "POST", headers: sent, body });
    const text = await answer.text();
    if (statusCode >= 300) throw new Error(`${method} was answered ${statusCode}: ${text.slice(0, 300)}`);
    return { got, text, id };
  };
  if (era === "2025-11-25") {
    const clientInfo = { name: "bench", version: "1" };
    const { got } = await send("initialize", { protocolVersion: era, capabilities: {}, clientInfo });
    headers = { ...headers, "mcp-session-id": String(got["mcp-session-id"]) };
    await send("notifications/initialized", {});
  }
  return {
    async call(expression) {
      const params = { name: "calculate", arguments: { expression }, ...(era === "2026-07-28" ? { _meta: meta } : {}) };
      const named = era === "2026-07-28" ? { "mcp-method": "tools/call", "mcp-name": "calculate" } : {};
      const { text, id: asked } = await send("tools/call", params, named);
      return textOf(text, asked);
    },
    close: () => pool.close(),
  };
}

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** Of a reply as JSON or as the one event of a stream. */
function textOf(reply: string, id: number): string {
  const json = /^data: (\{.*)$/m.exec(reply)?.[1] ?? reply;
  const message = JSON.parse(json) as { id: number; result?: { content: { text: string }[] } };
  const text = message.result?.content[0]?.text;
  if (message.id !== id || text === undefined) throw new Error(`no answer to ${id}: ${reply.slice(0, 300)}`);
  return text;
}
