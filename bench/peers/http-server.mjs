/** A server of both eras as the SDK's own documentation writes it, with one tool and nothing that guards it. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from "@modelcontextprotocol/node";
import { createMcpHandler, isLegacyRequest, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

function open() {
  const server = new McpServer({ name: "bare", version: "0.0.0" });
  server.registerTool("calculate", { inputSchema: z.object({ expression: z.string() }) }, ({ expression }) => {
    const [left, right] = expression.split("+").map(Number);
    return { content: [{ type: "text", text: JSON.stringify({ status: "done", result: String(left + right) }) }] };
  });
  return server;
}

const sessions = new Map();
const modern = toNodeHandler(createMcpHandler(open, { legacy: "reject" }));

async function answer(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = JSON.parse(Buffer.concat(pieces).toString());
  if (!(await isLegacyRequest(await toWebRequest(request, body), body))) {
    await modern(request, response, body);
    return;
  }
  let transport = sessions.get(request.headers["mcp-session-id"]);
  if (transport === undefined) {
    transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await open().connect(transport);
  }
  await transport.handleRequest(request, response, body);
}

const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => {
  process.stderr.write(`listens on http://127.0.0.1:${server.address().port}/mcp\n`);
});
