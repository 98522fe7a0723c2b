import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as modern from "@modelcontextprotocol/client";
import * as modernStdio from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { startListening } from "../support/listening-server.ts";
import { alone, builtServer, misbehaving } from "../support/server.ts";

/** What a test asks of a client, whichever SDK it is of. */
interface AnyClient {
  version(): string | undefined;
  tools(): Promise<string[]>;
  call(name: string, input: Record<string, unknown>, options?: CallOptions): Promise<unknown>;
  resources(): Promise<string[]>;
  close(): Promise<void>;
}

interface CallOptions {
  signal?: AbortSignal;
  onprogress?: () => void;
}

function folder(): string {
  const root = temporaryFolder();
  writeFileSync(join(root, "sales.csv"), "sku,amount\na,1\nb,2\n");
  return root;
}

const token = "correct horse battery";

function start(cwd: string) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(cwd, "no-home"), ...alone, AXONER_TOKEN: token };
  return { command: process.execPath, args: [builtServer, "--plugin", misbehaving], cwd, env };
}

const requestInit = { headers: { authorization: `Bearer ${token}` } };

async function olderClient(over: "stdio" | "http", cwd: string): Promise<AnyClient> {
  const client = new Client({ name: "older", version: "1" });
  const transport =
    over === "stdio"
      ? new StdioClientTransport(start(cwd))
      : new StreamableHTTPClientTransport(await startListening(start(cwd)), { requestInit });
  await client.connect(transport);
  return {
    version: () => "2025-11-25",
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, input, options) =>
      (await client.callTool({ name, arguments: input }, undefined, options)).structuredContent,
    resources: async () => (await client.listResources()).resources.map(({ name }) => name),
    close: () => client.close(),
  };
}

async function newerClient(over: "stdio" | "http", cwd: string): Promise<AnyClient> {
  const client = new modern.Client(
    { name: "newer", version: "1" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  await client.connect(
    over === "stdio"
      ? new modernStdio.StdioClientTransport(start(cwd))
      : new modern.StreamableHTTPClientTransport(await startListening(start(cwd)), { requestInit }),
  );
  return {
    version: () => client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, input, options) =>
      (await client.callTool({ name, arguments: input }, options)).structuredContent,
    resources: async () => (await client.listResources()).resources.map(({ name }) => name),
    close: () => client.close(),
  };
}

describe.each([
  ["2025-11-25", "stdio", olderClient],
  ["2025-11-25", "http", olderClient],
  ["2026-07-28", "stdio", newerClient],
  ["2026-07-28", "http", newerClient],
] as const)("a client of %s over %s", (version, over, open) => {
  test("lists, calls, finds the dataset it made, is told of progress and cancels", async () => {
    const client = await open(over, folder());
    onTestFinished(() => client.close());
    expect(client.version()).toBe(version);
    expect(await client.tools()).toEqual(expect.arrayContaining(["scrape", "query_data", "calculate", "echo"]));
    expect(await client.call("calculate", { expression: "2^10" })).toMatchObject({ result: "1024" });
    const asked = { sql: "select sum(amount) as total from 'sales.csv'", save_as: "totals" };
    expect(await client.call("query_data", asked)).toMatchObject({ rows: [[3]] });
    expect(await client.resources()).toContain("totals");
    let steps = 0;
    const counted = () => client.call("count", {}, { onprogress: () => steps++ });
    // on a busy machine progress may come together with the result, and is then dropped by the client
    await expect.poll(async () => [await counted(), steps > 0]).toMatchObject([{ counted: 10 }, true]);
    const cancelled = client.call("wait", {}, { signal: AbortSignal.timeout(300) });
    await expect(cancelled).rejects.toThrow(/abort|timed? ?out/i);
    expect(await client.call("calculate", { expression: "1 + 1" })).toMatchObject({ result: "2" });
  });
});
