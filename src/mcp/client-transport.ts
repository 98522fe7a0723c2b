import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpServer } from "../config/mcp-servers.ts";
import { log } from "../log.ts";
import { systemErrorCode } from "../errors.ts";

export interface ServerLink {
  transport: Transport;
  /** What the server printed to stderr last. */
  lastWords(): string;
  /** End its process now; nothing for one that is elsewhere. */
  kill(): void;
}

const maxMessageBytes = 64 * 1024 * 1024;
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
  const { command, args, env, cwd } = server;
  const transport = new StdioClientTransport({
    command,
    args,
    env,
    stderr: "pipe",
    maxBufferSize: maxMessageBytes,
    ...(cwd === undefined ? {} : { cwd }),
  });
  let words = "";
  transport.stderr?.on("data", (chunk) => {
    words = (words + String(chunk)).slice(-maxLastWords);
    log.debug(`${name}: ${String(chunk).trimEnd()}`);
  });
  return {
    transport,
    lastWords: () => words.trim(),
    kill() {
      const { pid } = transport;
      if (pid !== null) killIfThere(pid);
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
