import type { McpServer } from "../config/mcp-servers.ts";
import type { Engine } from "../engine/engine.ts";
import { unknownTool } from "../engine/local.ts";
import { errorMessage } from "../errors.ts";
import { log } from "../log.ts";
import type { ToolDefinition } from "../tools/tool.ts";
import { openOtherServer, type CallMeta, type OtherServer } from "./client.ts";
import { toDefinition } from "./client-result.ts";

export interface OtherServersOptions {
  servers: Readonly<Record<string, McpServer>>;
  client: { name: string; version: string };
  /** Names that are in use: a tool of such a name gets its server's in front. */
  taken: ReadonlySet<string>;
  startTimeoutMs?: number;
  callMeta?: CallMeta | undefined;
}

interface Named {
  definition: ToolDefinition;
  server: OtherServer;
  /** What the server calls it. */
  tool: string;
}

/** How long a server that did not start is left alone. */
const restMs = 60_000;

/**
 * The tools of other MCP servers, which are started by the first use. A server that cannot be started is told about in
 * the log and its tools are missing; the others' are there.
 */
export function openOtherServers({ servers, client, taken, startTimeoutMs, callMeta }: OtherServersOptions): Engine {
  const limit = startTimeoutMs === undefined ? {} : { startTimeoutMs };
  const others = Object.entries(servers).map(([name, server]) => {
    const { readOnlyTools = [] } = server;
    return {
      name,
      readOnlyTools,
      server: openOtherServer({ name, server, client, callMeta, ...limit }),
      restsUntil: 0,
    };
  });
  let named = new Map<string, Named>();

  const list = async (): Promise<Map<string, Named>> => {
    const listed = await Promise.all(
      others.map(async (other) => {
        if (Date.now() < other.restsUntil) return [];
        try {
          const tools = await other.server.tools();
          return tools.map((tool) => ({ ...other, tool, plain: plainName(tool.name) }));
        } catch (thrown) {
          other.restsUntil = Date.now() + restMs;
          log.warn(`the tools of the MCP server ${other.name} are missing: ${errorMessage(thrown)}`);
          return [];
        }
      }),
    );
    const all = listed.flat();
    const result = new Map<string, Named>();
    for (const { name: serverName, readOnlyTools, server, tool, plain } of all) {
      const isShared = taken.has(plain) || all.filter((other) => other.plain === plain).length > 1;
      const name = freeName(isShared ? plainName(`${serverName}_${tool.name}`) : plain, (one) => {
        return taken.has(one) || result.has(one);
      });
      const isReadOnly = readOnlyTools.includes(tool.name);
      const definition = toDefinition({ name, server: serverName, isReadOnly }, tool);
      result.set(name, { definition, server, tool: tool.name });
    }
    return result;
  };

  return {
    async definitions() {
      named = await list();
      return [...named.values()].map(({ definition }) => definition);
    },
    async call(name, input, options) {
      if (!named.has(name)) named = await list();
      const found = named.get(name);
      if (found === undefined) return unknownTool(name, [...named.keys()]);
      return found.server.call(found.tool, input, options);
    },
    async close() {
      await Promise.all(others.map(({ server }) => server.close()));
    },
  };
}

const maxNameChars = 64;

/** What every model service takes as a name. */
function plainName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxNameChars) || "tool";
}

function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? "" : `_${count}`;
    const candidate = name.slice(0, maxNameChars - suffix.length) + suffix;
    if (!isTaken(candidate)) return candidate;
  }
}
