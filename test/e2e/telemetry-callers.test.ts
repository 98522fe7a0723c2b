import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { ScriptedReply } from "../../src/testing.ts";
import { temporaryFolder } from "../support/config.ts";
import { openCollector, type CollectedSpan } from "../support/otlp-collector.ts";
import { startServer } from "../support/server.ts";
import { asJson, named, script } from "../support/traced.ts";
import { fileOf } from "../support/session-files.ts";

const odd = fileURLToPath(new URL("../support/odd-mcp-server.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

describe("run_agent over MCP with an exporter", () => {
  test("is part of the client's trace, with the runs of its sub-agents, and is sent while the server lives on", async () => {
    const collector = await openCollector();
    const cwd = temporaryFolder();
    const given: ScriptedReply[] = [
      { tool_calls: [{ name: "run_agent", input: { prompt: "below" } }] },
      { tool_calls: [{ name: "calculate", input: { expression: "1+1" } }] },
      "two",
      "it is two",
    ];
    const server = startServer({ cwd, args: script(cwd, given), env: asJson(collector) });
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const _meta = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 7 };
    const reply = await server.request("tools/call", { name: "run_agent", arguments: { prompt: "go" }, _meta });
    expect(reply).toMatchObject({ result: { structuredContent: { text: "it is two" } } });
    await expect.poll(() => collector.spans().length, { timeout: 10_000 }).toBe(9);
    const spans = collector.spans();
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const parentOf = (span: CollectedSpan | undefined) => spans.find(({ spanId }) => spanId === span?.parentSpanId);
    const path = (span: CollectedSpan | undefined): string[] =>
      span === undefined ? [] : [span.name, ...path(parentOf(span))];
    expect(path(named(spans, "execute_tool calculate")[0])).toEqual([
      "execute_tool calculate",
      "invoke_agent axoner",
      "execute_tool run_agent",
      "invoke_agent axoner",
      "tools/call run_agent",
    ]);
    expect(named(spans, "tools/call")[0]).toMatchObject({
      kind: 2,
      parentSpanId: "00f067aa0ba902b7",
      attributes: { "mcp.method.name": "tools/call", "network.transport": "pipe", "jsonrpc.request.id": "1" },
    });
  });

  test("another server's tool is told which trace it is called in", async () => {
    const collector = await openCollector();
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, "mcp.json"),
      JSON.stringify({ mcpServers: { odd: { command: process.execPath, args: [odd] } } }),
    );
    const given: ScriptedReply[] = [{ tool_calls: [{ name: "meta", input: {} }] }, "done"];
    const args = [...script(cwd, given), "--mcp-config", "mcp.json"];
    const server = startServer({ cwd, args, env: asJson(collector) });
    await server.call("run_agent", { prompt: "go", session_id: "s" });
    await expect.poll(() => named(collector.spans(), "execute_tool meta"), { timeout: 10_000 }).toHaveLength(1);
    const [span] = named(collector.spans(), "execute_tool meta");
    const stored = readFileSync(fileOf(join(cwd, ".axoner/sessions"), "s"), "utf8");
    expect(stored).toContain(`00-${span?.traceId}-${span?.spanId}-01`);
  });

  test("what was not sent yet is sent when the input ends, a failed call and one without a trace included", async () => {
    const collector = await openCollector();
    const server = startServer({ cwd: temporaryFolder(), env: asJson(collector) });
    await server.call("calculate", { expression: "2^(" });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
    expect(collector.spans()).toMatchObject([
      {
        name: "tools/call calculate",
        parentSpanId: "",
        status: { code: 2 },
        attributes: { "error.type": "tool_error", "axoner.error_code": "invalid_input" },
      },
    ]);
  });

  test("answers all the same where the collector is down", async () => {
    const server = startServer({ cwd: temporaryFolder(), env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" } });
    expect(await server.call("calculate", { expression: "2+2" })).toMatchObject({ structuredContent: { result: "4" } });
    server.child.stdin.end();
    expect(await server.exited).toBe(0);
    expect(server.stray).toEqual([]);
  });
});

/** A program of a user's own, beside axoner and OpenTelemetry. */
function install(program: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/axoner"));
  for (const name of ["zod", "@opentelemetry"])
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "program.mjs"), setUp + program);
  return folder;
}

test("in a program that has set OpenTelemetry up, the tools that it serves are spans of the client's trace", async () => {
  const collector = await openCollector();
  const cwd = install(servingProgram);
  const env = { PATH: process.env["PATH"] ?? "", OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const running = promisify(execFile)(process.execPath, ["program.mjs"], { cwd, env });
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const params = { name: "double", arguments: { n: 4 }, _meta: { traceparent } };
  running.child.stdin?.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params })}\n`);
  expect(JSON.parse((await running).stdout)).toMatchObject({ result: { structuredContent: { twice: 8 } } });
  const [served] = named(collector.spans(), "tools/call double");
  expect(served).toMatchObject({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7" });
  expect(named(collector.spans(), "in the tool")[0]).toMatchObject({ parentSpanId: served?.spanId });
});

test("in a program that has set OpenTelemetry up, an agent's runs are spans of its own trace", async () => {
  const collector = await openCollector();
  const folder = install(agentProgram);
  const env = { PATH: process.env["PATH"] ?? "", OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const { stderr } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder, env });
  expect(stderr).toBe("");
  const spans = collector.spans();
  const [mine] = named(spans, "my work");
  const [whole] = named(spans, "invoke_agent");
  const [tool] = named(spans, "execute_tool double");
  expect(whole).toMatchObject({ name: "invoke_agent doubler", parentSpanId: mine?.spanId, traceId: mine?.traceId });
  expect(tool).toMatchObject({ parentSpanId: whole?.spanId });
  expect(named(spans, "in the tool")[0]).toMatchObject({ parentSpanId: tool?.spanId });
  expect(JSON.stringify(spans)).not.toContain("secret");
});

const setUp = `
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { createAgent, defineTool, serve } from "axoner";
import { scriptedProvider } from "axoner/testing";
import { z } from "zod";

const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] });
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracer = trace.getTracer("mine");

const double = defineTool({
  name: "double",
  description: "Twice a number.",
  input: z.object({ n: z.number() }),
  output: z.object({ twice: z.number() }),
  run: async ({ n }) => tracer.startActiveSpan("in the tool", (span) => (span.end(), { twice: 2 * n })),
});
`;

const servingProgram = `
process.exitCode = await serve({ tools: [double] });
await provider.shutdown();
`;

const agentProgram = `
const model = scriptedProvider([{ tool_calls: [{ name: "double", input: { n: 4 } }] }, "a secret 8"]);
const agent = createAgent({ name: "doubler", provider: model, tools: [double] });
await tracer.startActiveSpan("my work", async (span) => {
  await agent.complete({ prompt: "my secret" });
  span.end();
});
await provider.shutdown();
`;
