import { createRequestStateCodec, McpServer, type Server } from "@modelcontextprotocol/server";
import { randomBytes } from "node:crypto";
import type { RoundState } from "./content.ts";
import { offerInputTools } from "./input-tools.ts";
import { offerPlainTools } from "./plain-tools.ts";
import { offerPrompts } from "./prompts.ts";
import { offerResources } from "./resources.ts";

const state = createRequestStateCodec<RoundState>({ key: randomBytes(32) });

/** The server that the official conformance suite describes, which no user is served: it is there to try our transport. */
export function createConformanceServer(): Server {
  const server = new McpServer(
    { name: "conformance", version: "1.0.0" },
    {
      capabilities: {
        logging: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        completions: {},
        resources: { subscribe: true },
      },
      requestState: { verify: (given, context) => state.verify(given, context) },
    },
  );
  offerPlainTools(server);
  offerInputTools(server, state);
  offerPrompts(server);
  offerResources(server);
  server.server.setRequestHandler("resources/subscribe", () => ({}));
  server.server.setRequestHandler("resources/unsubscribe", () => ({}));
  return server.server;
}
