import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface CollectedSpan {
  name: string;
  traceId: string;
  spanId: string;
  /** Empty for the first of a trace. */
  parentSpanId: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  attributes: Record<string, unknown>;
  /** 2 where it failed. */
  status: { code: number; message?: string };
  service: unknown;
}

export interface CollectedMetric {
  name: string;
  unit: string;
  points: { attributes: Record<string, unknown>; count: number; sum: number; bounds: number[] }[];
}

export interface Collector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  endpoint: string;
  spans(): CollectedSpan[];
  /** As they were sent last. */
  metrics(): CollectedMetric[];
  /** Everything that came, as text; protobuf keeps texts as they are. */
  received: { path: string; contentType: string; text: string }[];
}

export interface CollectorOptions {
  /** Answer with this status instead of 200, or never. */
  status?: number | "silent";
}

/** A collector of OTLP over HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export async function openCollector({ status = 200 }: CollectorOptions = {}): Promise<Collector> {
  const received: Collector["received"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const contentType = request.headers["content-type"] ?? "";
      received.push({ path: request.url ?? "", contentType, text: Buffer.concat(chunks).toString() });
      if (status === "silent") return;
      response.writeHead(status, { "content-type": contentType });
      response.end(contentType === "application/json" ? "{}" : "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bodies = (path: string) => received.flatMap((one) => (one.path === path ? [JSON.parse(one.text) as Sent] : []));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    spans: () => bodies("/v1/traces").flatMap(spansOf),
    metrics: () => metricsOf(bodies("/v1/metrics").at(-1)),
  };
}

/** The parts of OTLP's JSON that tests look at. */
interface Sent {
  resourceSpans?: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: SentSpan[] }[] }[];
  resourceMetrics?: { scopeMetrics: { metrics: SentMetric[] }[] }[];
}

type KeyValue = { key: string; value: Value };
type Value = { arrayValue?: { values: Value[] } } & Record<string, unknown>;
type SentSpan = Omit<CollectedSpan, "attributes" | "service" | "parentSpanId"> & {
  attributes: KeyValue[];
  parentSpanId?: string;
};

interface SentMetric {
  name: string;
  unit: string;
  histogram: { dataPoints: { attributes: KeyValue[]; count: number; sum: number; explicitBounds: number[] }[] };
}

function spansOf({ resourceSpans = [] }: Sent): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId = "", kind, attributes, status }) => {
        const service = recordOf(resource.attributes)["service.name"];
        return { name, traceId, spanId, parentSpanId, kind, attributes: recordOf(attributes), status, service };
      }),
    ),
  );
}

function metricsOf(sent: Sent | undefined): CollectedMetric[] {
  const metrics = sent?.resourceMetrics?.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return (metrics ?? []).map(({ name, unit, histogram }) => {
    const points = histogram.dataPoints.map(({ attributes, count, sum, explicitBounds: bounds }) => {
      return { attributes: recordOf(attributes), count, sum, bounds };
    });
    return { name, unit, points };
  });
}

function recordOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Value): unknown {
  return value.arrayValue === undefined ? Object.values(value)[0] : value.arrayValue.values.map(plain);
}
