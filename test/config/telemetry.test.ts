import { describe, expect, test } from "vitest";
import { isContentWanted, isTelemetryOn, readTelemetry } from "../../src/config/telemetry.ts";

const endpoint = "http://127.0.0.1:4318";

test("nothing is sent where nothing is said", () => {
  const read = readTelemetry({
    OTEL_SERVICE_NAME: "a",
    OTEL_TRACES_SAMPLER: "always_on",
    OTEL_EXPORTER_OTLP_ENDPOINT: "",
  });
  expect(isTelemetryOn(read)).toBe(false);
  expect(read.problems).toEqual([]);
});

test.each<[Record<string, string>, traces: string, metrics: string]>([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, "http/protobuf", "http/protobuf"],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, "http/protobuf", "off"],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, "http/protobuf", "off"],
  [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, "off", "http/protobuf"],
  [{ OTEL_METRICS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/json" }, "off", "http/json"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "TRUE" }, "off", "off"],
])("%j sends traces as %s and metrics as %s", (environment, traces, metrics) => {
  expect(readTelemetry(environment)).toMatchObject({ traces, metrics, problems: [] });
});

describe("what cannot be done is said", () => {
  test.each<[Record<string, string>, string]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" }, "grpc"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "grpc"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "notaurl" }, "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "ftp://a" }, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no http"],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: "a=b\nc" },
      "OTEL_EXPORTER_OTLP_HEADERS holds",
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: "a=b%0Ac" },
      "OTEL_EXPORTER_OTLP_HEADERS holds",
    ],
    [{ OTEL_TRACES_EXPORTER: "console" }, "console"],
    [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_TRACES_SAMPLER: "jaeger_remote" }, "jaeger_remote"],
  ])("%j", (environment, named) => {
    expect(readTelemetry(environment).problems).toMatchObject([expect.stringContaining(named)]);
  });
});

test.each([
  [undefined, undefined, { share: 1, followsParent: true }],
  ["always_off", undefined, { share: 0, followsParent: false }],
  ["traceidratio", "0.25", { share: 0.25, followsParent: false }],
  ["parentbased_traceidratio", "nonsense", { share: 1, followsParent: true }],
])("the sampler %s with %s keeps %j", (sampler, argument, kept) => {
  const environment = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
  expect(readTelemetry(environment).sampling).toEqual(kept);
});

test.each([
  ["true", true],
  ["SPAN_ONLY", true],
  ["event_only", false],
  ["false", false],
  ["", false],
])("content is recorded for %j: %s", (value, isWanted) => {
  expect(isContentWanted({ OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: value })).toBe(isWanted);
});

test("nothing is sent to what is no address, or with headers that cannot be sent", () => {
  for (const wrong of [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "notaurl" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: "key=sec\nret" },
  ]) {
    const read = readTelemetry(wrong);
    expect(isTelemetryOn(read)).toBe(false);
    expect(read.problems.join()).not.toContain("sec");
  }
});
