import { PassThrough } from "node:stream";
import { openStdio, type MessageHandler, type StdioTransport } from "../../src/mcp/stdio.ts";
import type { JsonObject } from "../../src/message.ts";

export interface StdioLab {
  transport: StdioTransport;
  input: PassThrough;
  output: PassThrough;
  /** End the input and return every line that was written, parsed. */
  finish(): Promise<JsonObject[]>;
}

/** The stdio transport over streams in memory. */
export function openStdioLab(handler: Partial<MessageHandler> = {}): StdioLab {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const written: Buffer[] = [];
  output.on("data", (chunk: Buffer) => written.push(chunk));
  const transport = openStdio(input, output, {
    onRequest: ({ id, method }) => Promise.resolve({ jsonrpc: "2.0", id, result: { method } }),
    onNotification: () => undefined,
    ...handler,
  });
  return {
    transport,
    input,
    output,
    async finish() {
      input.end();
      await transport.drained;
      const lines = Buffer.concat(written).toString("utf8").split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line) as JsonObject);
    },
  };
}
