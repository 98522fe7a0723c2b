/**
 * A server that is not always well: it crashes, hangs, changes its tools, and tells its environment.
 *
 *   node odd-mcp-server.ts [MARKS]   a line is added to the file MARKS with each start
 */
import { appendFileSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const marks = process.argv[2];
if (marks !== undefined) appendFileSync(marks, `${process.pid}\n`);
if (process.env["ODD_FAIL"] !== undefined) {
  console.error(`no such setting: ${process.env["ODD_FAIL"]}`);
  process.exit(1);
}

const server = new McpServer({ name: "odd", version: "1" });
const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });

server.registerTool("environment", { description: "Tells its environment." }, () =>
  text(JSON.stringify({ names: Object.keys(process.env), token: process.env["ODD_TOKEN"], cwd: process.cwd() })),
);
server.registerTool("meta", { description: "Tells what came with the call." }, ({ _meta }) =>
  text(JSON.stringify(_meta)),
);
server.registerTool("calculate", { description: "Has the name of one of ours." }, () => text("odd sums"));
server.registerTool(
  "add.numbers",
  { description: "Adds.", inputSchema: { a: z.number(), b: z.number() } },
  ({ a, b }) => ({
    content: [{ type: "text", text: String(a + b) }],
    structuredContent: { sum: a + b },
  }),
);
server.registerTool("crash", { description: "Ends the server." }, () => process.exit(7));
server.registerTool(
  "crash_once",
  { description: "Ends the server that was started first.", annotations: { readOnlyHint: true } },
  () => (process.env["ODD_FIRST"] === "only" ? text("") : maybeCrash()),
);
server.registerTool("fail", { description: "Fails." }, () => ({ ...text("there is no such row"), isError: true }));
server.registerTool("flood", { description: "Returns too much." }, () => text("x".repeat(3_000_000)));
server.registerTool("deluge", { description: "Returns far too much." }, () => text("x".repeat(50_000_000)));
server.registerTool("picture", { description: "Returns a picture." }, () => ({
  content: [{ type: "image", data: "aGk=", mimeType: "image/png" }],
}));
server.registerTool("hang", { description: "Never answers." }, async ({ signal, sendNotification, _meta }) => {
  const token = _meta?.progressToken;
  if (token !== undefined) {
    await sendNotification({
      method: "notifications/progress",
      params: { progressToken: token, progress: 1, total: 9 },
    });
  }
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  if (marks !== undefined) appendFileSync(marks, "cancelled\n");
  return text("too late");
});
server.registerTool("learn", { description: "Gives the server one more tool." }, () => {
  server.registerTool("learned", { description: "Was not there before." }, () => text("news"));
  return text("learned");
});

async function maybeCrash() {
  const { readFileSync } = await import("node:fs");
  const starts = marks === undefined ? 0 : readFileSync(marks, "utf8").trim().split("\n").length;
  if (starts === 1) process.exit(7);
  return text(`start ${starts}`);
}

await server.connect(new StdioServerTransport());
