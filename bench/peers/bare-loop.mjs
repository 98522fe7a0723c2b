/** The least that can answer `initialize`: what Node itself costs. */
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const { id, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = {
    protocolVersion: params.protocolVersion,
    capabilities: {},
    serverInfo: { name: "bare-loop", version: "0.0.0" },
  };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
}
