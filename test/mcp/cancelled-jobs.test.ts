import * as modern from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { connectEngine, serveEngine } from "../../src/engine/wire.ts";
import type { JsonObject } from "../../src/message.ts";
import { openProtocolServer } from "../../src/mcp/protocol-server.ts";
import { openToolServer, type ToolBackend } from "../../src/mcp/serve-tools.ts";
import { startEndpoint } from "../support/http-endpoint.ts";
import { givenUp, openJobLab, patient, wentOn } from "../support/job-lab.ts";
import { socketPair } from "../support/socket-pair.ts";

const introduced = { name: "lab", version: "1.2.3", hasCatalogue: false };
const clientInfo = { name: "test", version: "1" };

interface TestClient {
  /** What a tool answers; undefined, or an error, where the signal aborted before. */
  call(name: string, input: JsonObject, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** The server on stdio, without the pipes: `meta` is part of every request. */
function overStdio(meta: JsonObject) {
  return async (backend: ToolBackend): Promise<TestClient> => {
    const server = openToolServer({
      ...introduced,
      backend: () => Promise.resolve(backend),
      notify: () => undefined,
      deliver: () => Promise.resolve(),
    });
    let id = 0;
    return {
      async call(name, input, signal) {
        const requestId = (id += 1);
        const cancel = () =>
          server.onNotification({ method: "notifications/cancelled", params: { requestId, ...meta } });
        signal?.addEventListener("abort", cancel); // for good, as one of the SDKs does
        const params = { name, arguments: input, ...meta };
        const reply = await server.onRequest({ id: requestId, method: "tools/call", params });
        return (reply?.["result"] as JsonObject | undefined)?.["structuredContent"];
      },
      close: async () => server.abort(),
    };
  };
}

const endpointOf = (backend: ToolBackend) =>
  startEndpoint({ createServer: () => openProtocolServer({ ...introduced, backend: () => Promise.resolve(backend) }) });

async function olderOverHttp(backend: ToolBackend): Promise<TestClient> {
  const client = new Client(clientInfo);
  const transport = new StreamableHTTPClientTransport(new URL(await endpointOf(backend)));
  await client.connect(transport);
  return {
    call: async (name, input, signal) =>
      (await client.callTool({ name, arguments: input }, undefined, { ...(signal && { signal }) })).structuredContent,
    async close() {
      await transport.terminateSession();
      await client.close();
    },
  };
}

async function newerOverHttp(backend: ToolBackend): Promise<TestClient> {
  const client = new modern.Client(clientInfo, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new modern.StreamableHTTPClientTransport(new URL(await endpointOf(backend))));
  return {
    call: async (name, input, signal) =>
      (await client.callTool({ name, arguments: input }, { ...(signal && { signal }) })).structuredContent,
    close: () => client.close(),
  };
}

const newer = {
  _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  },
};

/** The jobs of an engine that outlives the server, whose end of a connection it has. */
async function connectJobs(engine: Engine): Promise<Engine> {
  const [client, server] = await socketPair();
  serveEngine(
    server,
    async () => ({ ...engine, close: async () => undefined }),
    () => undefined,
  );
  return connectEngine(client, {});
}

const clients = [
  ["2025-11-25 over stdio", overStdio({})],
  ["2026-07-28 over stdio", overStdio(newer)],
  ["2025-11-25 over HTTP", olderOverHttp],
  ["2026-07-28 over HTTP", newerOverHttp],
] as const;
const engines = [
  ["here", async (engine: Engine) => engine],
  ["in another process", connectJobs],
] as const;

describe.each(
  clients.flatMap(([client, connect]) => engines.map(([where, reach]) => ({ client, connect, where, reach }))),
)("a call of $client that became a job $where", ({ connect, reach }) => {
  /** With a hold on the answer, which is there and not passed on. */
  async function open() {
    const { engine: jobs, interrupted } = openJobLab();
    const engine = await reach(jobs);
    const answered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const client = await connect({
      engine,
      definitions: () => engine.definitions(),
      answerWithinMs: () => 20,
      async trace(_request, name, call) {
        const result = await call();
        if (name === "wait") answered.resolve();
        if (name === "wait") await released.promise;
        return result;
      },
    });
    onTestFinished(() => client.close());
    onTestFinished(() => engine.close());
    const close = async () => {
      await client.close();
      await engine.close();
      await jobs.close();
    };
    return { client, close, interrupted, answered: answered.promise, release: released.resolve };
  }

  test("is stopped with its work where it is cancelled before its id was passed on", async () => {
    const { client, interrupted, answered, release } = await open();
    const abort = new AbortController();
    const call = client.call("wait", {}, abort.signal).catch(() => undefined);
    await answered;
    abort.abort();
    await expect.poll(interrupted, patient).toBe(givenUp);
    release();
    expect(await call).toBeUndefined();
  });

  test("goes on once its id was passed on, whatever else its caller does", async () => {
    const { client, close, interrupted, release } = await open();
    release();
    const abort = new AbortController();
    expect(await client.call("wait", {}, abort.signal)).toMatchObject({ status: "running" });
    abort.abort();
    expect(await client.call("echo", { text: "later" })).toMatchObject({ text: "later" });
    await close();
    expect(interrupted()).toBe(wentOn);
  });
});
