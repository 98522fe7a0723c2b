import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import type { ScriptedReply } from "../../src/testing.ts";
import { temporaryFolder } from "../support/config.ts";
import { openCollector, type CollectedSpan } from "../support/otlp-collector.ts";
import { builtCli, startServer } from "../support/server.ts";
import { asJson, named, script } from "../support/traced.ts";

const tellLoaded = new URL("../support/tell-loaded.ts", import.meta.url).href;

const replies: ScriptedReply[] = [
  {
    text: "Let me see.",
    tool_calls: [
      { name: "calculate", input: { expression: "2+3" } },
      { name: "no_such_tool", input: {} },
    ],
    usage: { input_tokens: 50, output_tokens: 20, cached_input_tokens: 10 },
  },
  { text: "secret five", usage: { input_tokens: 90, output_tokens: 10 } },
];

async function run(environment: Record<string, string>, given = replies) {
  const folder = temporaryFolder();
  const args = [builtCli, "run", "my secret question", ...script(folder, given), "--json"];
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home"), ...environment };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  return { result: JSON.parse(stdout) as JsonObject, stderr };
}

describe("axoner run with an exporter", () => {
  test("sends a trace of its run: one span for each request and each tool call", async () => {
    const collector = await openCollector();
    const { result, stderr } = await run(asJson(collector));
    expect(result).toMatchObject({ text: "secret five", exit_reason: "finished" });
    expect(stderr).not.toContain("warn");
    const spans = collector.spans();
    expect(
      spans.map(({ name }) => name.replace(/\S*replies\.json/, "MODEL")).toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([
      "chat MODEL",
      "chat MODEL",
      "execute_tool calculate",
      "execute_tool no_such_tool",
      "invoke_agent axoner",
    ]);
    const [whole] = named(spans, "invoke_agent");
    expect(whole).toMatchObject({
      service: "axoner",
      kind: 1,
      parentSpanId: "",
      status: { code: 0 },
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "scripted",
        "gen_ai.agent.name": "axoner",
        "gen_ai.conversation.id": result["session_id"],
        "gen_ai.usage.input_tokens": 140,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 10,
        "axoner.exit_reason": "finished",
      },
    });
    for (const span of spans.filter((one) => one !== whole)) {
      expect(span).toMatchObject({ traceId: whole?.traceId, parentSpanId: whole?.spanId });
    }
    expect(named(spans, "chat")[0]).toMatchObject({
      kind: 3,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.stream": true,
        "gen_ai.response.finish_reasons": ["tool_call"],
        "gen_ai.usage.input_tokens": 50,
        "gen_ai.usage.cache_read.input_tokens": 10,
        "gen_ai.response.time_to_first_chunk": expect.any(Number),
      },
    });
    expect(named(spans, "execute_tool calculate")[0]?.attributes).toMatchObject({
      "gen_ai.tool.name": "calculate",
      "gen_ai.tool.call.id": "call_1_1",
      "gen_ai.tool.type": "function",
      "gen_ai.tool.description": expect.stringContaining("expression"),
    });
    expect(named(spans, "execute_tool no_such_tool")[0]).toMatchObject({
      status: { code: 2 },
      attributes: { "error.type": "not_found" },
    });
  });

  test("sends the conventions' histograms, in which a made-up tool has no series of its own", async () => {
    const collector = await openCollector();
    await run(asJson(collector));
    const metrics = collector.metrics();
    const find = (name: string) => metrics.find((metric) => metric.name === name);
    expect(find("gen_ai.client.token.usage")).toMatchObject({
      unit: "{token}",
      points: [
        { sum: 140, count: 2, attributes: { "gen_ai.token.type": "input", "gen_ai.provider.name": "scripted" } },
        { sum: 30, count: 2, attributes: { "gen_ai.token.type": "output", "gen_ai.operation.name": "chat" } },
      ],
    });
    expect(find("gen_ai.client.operation.duration")).toMatchObject({ unit: "s", points: [{ count: 2 }] });
    expect(find("gen_ai.client.operation.duration")?.points[0]?.bounds.slice(0, 3)).toEqual([0.01, 0.02, 0.04]);
    expect(find("gen_ai.invoke_agent.duration")).toMatchObject({ points: [{ count: 1 }] });
    const tools = find("gen_ai.execute_tool.duration")?.points.map(({ attributes }) => attributes["gen_ai.tool.name"]);
    expect(new Set(tools)).toEqual(new Set(["calculate", "_OTHER"]));
  });

  test("records what was said only where that is asked for", async () => {
    const [without, having] = [await openCollector(), await openCollector()];
    await run(asJson(without));
    const everything = without.received.map(({ text }) => text).join("");
    for (const said of ["secret", "2+3", "Let me see"]) expect(everything).not.toContain(said);

    await run({ ...asJson(having), OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: "true" });
    const [first, second] = named(having.spans(), "chat").map(({ attributes }) => attributes);
    const read = (attributes: CollectedSpan["attributes"] | undefined, name: string): unknown =>
      JSON.parse(String(attributes?.[`gen_ai.${name}`]));
    expect(read(first, "system_instructions")).toMatchObject([{ type: "text" }]);
    expect(read(first, "input.messages")).toEqual([
      { role: "user", parts: [{ type: "text", content: "my secret question" }] },
    ]);
    expect(read(first, "output.messages")).toMatchObject([
      {
        role: "assistant",
        finish_reason: "tool_call",
        parts: [
          { type: "text", content: "Let me see." },
          { type: "tool_call", name: "calculate", arguments: { expression: "2+3" } },
          { type: "tool_call", name: "no_such_tool" },
        ],
      },
    ]);
    expect(read(second, "input.messages")).toMatchObject([
      { role: "user" },
      { role: "assistant" },
      { role: "tool", parts: [{ type: "tool_call_response", id: "call_1_1" }] },
      { role: "tool" },
    ]);
    const tool = named(having.spans(), "execute_tool calculate")[0]?.attributes;
    expect(read(tool, "tool.call.arguments")).toEqual({ expression: "2+3" });
    expect(read(tool, "tool.call.result")).toMatchObject({ result: "5" });
    expect(named(having.spans(), "execute_tool no_such_tool")[0]?.status.message).toContain("no_such_tool");
  });

  test("sends protobuf where nothing else is said, under the name that the user gives", async () => {
    const collector = await openCollector();
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_SERVICE_NAME: "night-shift" });
    expect(new Set(collector.received.map(({ path, contentType }) => `${path} ${contentType}`))).toEqual(
      new Set(["/v1/traces application/x-protobuf", "/v1/metrics application/x-protobuf"]),
    );
    const traces = collector.received.find(({ path }) => path === "/v1/traces")?.text;
    for (const text of ["invoke_agent axoner", "execute_tool calculate", "night-shift"]) expect(traces).toContain(text);
  });

  test("tells what failed, by its kind", async () => {
    const collector = await openCollector();
    const failing = run(asJson(collector), [{ error: { message: "secret refusal", kind: "quota" } }]);
    await expect(failing).rejects.toMatchObject({ code: 4 });
    const spans = collector.spans();
    expect(named(spans, "chat")[0]).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "quota" } });
    expect(named(spans, "invoke_agent")[0]).toMatchObject({
      status: { code: 2 },
      attributes: { "error.type": "provider_error", "axoner.exit_reason": "error" },
    });
    expect(collector.received.map(({ text }) => text).join("")).not.toContain("secret");
  });

  test.each([
    ["refuses connections", async () => "http://127.0.0.1:1"],
    ["answers with errors", async () => (await openCollector({ status: 500 })).endpoint],
    ["never answers", async () => (await openCollector({ status: "silent" })).endpoint],
  ])("ends as it would without one where the collector %s, and says so once", async (_how, open) => {
    const { result, stderr } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: await open() });
    expect(result).toMatchObject({ text: "secret five", exit_reason: "finished" });
    expect(stderr.match(/telemetry could not be sent/g)).toHaveLength(1);
  });

  test("sends what is asked for and no more", async () => {
    const collector = await openCollector();
    await run({ ...asJson(collector), OTEL_METRICS_EXPORTER: "none" });
    expect(collector.metrics()).toEqual([]);
    expect(collector.spans()).toHaveLength(5);
    await run({ ...asJson(collector), OTEL_SDK_DISABLED: "true" });
    expect(collector.spans()).toHaveLength(5);
    const { stderr } = await run({ ...asJson(collector), OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" });
    expect(stderr).toContain("OTEL_EXPORTER_OTLP_PROTOCOL is grpc");
    expect(collector.spans()).toHaveLength(5);
  });
});

test("without an exporter nothing of OpenTelemetry is loaded, by a run or by the server", async () => {
  const { stderr } = await run({ NODE_OPTIONS: `--import=${tellLoaded}` });
  expect(stderr).toContain("/dist/agent");
  expect(openTelemetryIn(stderr)).toEqual([]);
  const cwd = temporaryFolder();
  const server = startServer({ cwd, args: script(cwd, replies), env: { NODE_OPTIONS: `--import=${tellLoaded}` } });
  expect(await server.call("run_agent", { prompt: "go" })).toMatchObject({
    structuredContent: { text: "secret five" },
  });
  server.child.stdin.end();
  await server.exited;
  expect(openTelemetryIn(server.stderr())).toEqual([]);

  const configured = await run({ NODE_OPTIONS: `--import=${tellLoaded}`, ...asJson(await openCollector()) });
  expect(openTelemetryIn(configured.stderr)).not.toEqual([]);
});

/** The loaded files that are of OpenTelemetry, or have it bundled. */
function openTelemetryIn(stderr: string): string[] {
  const files = [...stderr.matchAll(/^loaded (file:\S+)$/gm)].map(([, url = ""]) => fileURLToPath(url));
  return files.filter((file) => /@opentelemetry/.test(file) || bundles(file));
}

function bundles(file: string): boolean {
  return file.includes("/dist/") && /^\/\/ node_modules\/@opentelemetry\//m.test(readFileSync(file, "utf8"));
}
