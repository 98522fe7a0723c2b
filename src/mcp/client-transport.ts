import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpServer } from "../config/mcp-servers.ts";
import { log } from "../log.ts";
import { systemErrorCode } from "../errors.ts";
import { childTransport } from "./child-transport.ts";

export interface ServerLink {
  transport: Transport;
  /** What the server printed to stderr last. */
  lastWords(): string;
  /** End its process now; nothing for one that is elsewhere. */
  kill(): void;
}

const maxLastWords = 1_000;

/**
 * A way to a server. One that is started gets the environment of its configuration and what every program needs (PATH,
 * HOME and the like), and none of our keys.
 */
export function openServerLink(name: string, server: McpServer): ServerLink {
  if (server.kind !== "stdio") {
    const options = { requestInit: { headers: server.headers } };
    const url = new URL(server.url);
    const transport =
      server.kind === "sse" ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options);
    return { transport, lastWords: () => "", kill: () => undefined };
  }
  let words = "";
  const transport = childTransport(server, {
    onWords(said) {
      words = (words + said).slice(-maxLastWords);
      log.debug(`${name}: ${said.trimEnd()}`);
    },
  });
  return {
    transport,
    lastWords: () => words.trim(),
    kill() {
      const pid = transport.pid();
      if (pid !== undefined) killIfThere(pid);
    },
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ESRCH") throw thrown;
  }
}
