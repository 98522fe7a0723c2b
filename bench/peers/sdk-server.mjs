/** A server as the SDK's own guide writes it, with one tool, from its files in node_modules. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "sdk-server", version: "0.0.0" });
server.registerTool(
  "add",
  { description: "Add two numbers.", inputSchema: { a: z.number(), b: z.number() } },
  ({ a, b }) => ({
    content: [{ type: "text", text: String(a + b) }],
  }),
);
await server.connect(new StdioServerTransport());
