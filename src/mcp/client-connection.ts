import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  ListToolsResultSchema,
  ToolListChangedNotificationSchema,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import type { McpServer } from "../config/mcp-servers.ts";
import { AxonerError, errorMessage } from "../errors.ts";
import { once, type Once } from "../once.ts";
import { printable } from "../text/text.ts";
import { openServerLink, type ServerLink } from "./client-transport.ts";

export interface ConnectOptions {
  name: string;
  server: McpServer;
  /** How this program calls itself. */
  client: { name: string; version: string };
  /** How long it may take to start and to list its tools, default 30 s. */
  startTimeoutMs?: number;
}

export interface Connection {
  client: Client;
  link: ServerLink;
  /** As the server listed them last; asked anew once it says that they have changed. */
  tools: Once<readonly Tool[]>;
  close(): Promise<void>;
}

/** The connection to a server that is made by its first use, and again by the first one after it was lost. */
export interface KeptConnection {
  get(): Promise<Connection>;
  /** The server has answered: it may be started again later. */
  succeeded(): void;
  /** Let go of a connection that is of no use any more. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** Starts in a row of which none led to an answer; after that a server is left alone. */
const maxFailedStarts = 3;
const maxTools = 1_000;

export function keepConnection(options: ConnectOptions): KeptConnection {
  const { name } = options;
  let connection: Once<Connection> | undefined;
  let failedStarts = 0;
  let closed = false;
  const forget = (lost: Once<Connection>) => {
    if (connection === lost) connection = undefined;
  };
  const start = (): Once<Connection> => {
    if (failedStarts >= maxFailedStarts) {
      throw new AxonerError(`the server ${name} ended ${maxFailedStarts} times in a row and is not started again`);
    }
    failedStarts += 1;
    const opening = once(() => connect(options, () => forget(opening)));
    return opening;
  };
  const drop = async () => {
    const current = connection;
    connection = undefined;
    await (await current?.opened())?.close();
  };
  return {
    async get() {
      if (closed) throw new AxonerError(`the server ${name} is closed`);
      const current = (connection ??= start());
      try {
        return await current.get();
      } catch (thrown) {
        forget(current);
        throw thrown;
      }
    },
    succeeded: () => void (failedStarts = 0),
    drop,
    close() {
      closed = true;
      return drop();
    },
  };
}

/** Start a server, or go to where it is, and agree with it how to speak. */
async function connect(options: ConnectOptions, onClosed: () => void): Promise<Connection> {
  const { name, server, client: info, startTimeoutMs: timeout = 30_000 } = options;
  const link = openServerLink(name, server);
  const client = new Client(info, { capabilities: {} });
  const list = () => once(() => listTools(client, timeout));
  // what it started is ended too where this process ends in haste
  const kill = () => link.kill();
  process.on("exit", kill);
  const close = async () => {
    onClosed();
    await client.close();
    process.off("exit", kill);
  };
  const connection: Connection = { client, link, tools: list(), close };
  const onclose = () => {
    process.off("exit", kill);
    onClosed();
  };
  Object.assign(client, { onclose });
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    connection.tools = list();
  });
  try {
    await client.connect(link.transport, { timeout });
    return connection;
  } catch (thrown) {
    const words = link.lastWords();
    const said = words === "" ? "" : `; it said: ${printable(words)}`;
    await close();
    throw new AxonerError(`the server ${name} could not be started: ${errorMessage(thrown)}${said}`, { cause: thrown });
  }
}

async function listTools(client: Client, timeout: number): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  for (let cursor: string | undefined; ;) {
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: "tools/list", params }, ListToolsResultSchema, { timeout });
    tools.push(...page.tools);
    cursor = page.nextCursor;
    if (cursor === undefined || page.tools.length === 0 || tools.length >= maxTools) return tools.slice(0, maxTools);
  }
}
