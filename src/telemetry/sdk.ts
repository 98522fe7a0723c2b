import { context, diag, DiagLogLevel, metrics, propagation, trace, type DiagLogFunction } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from "@opentelemetry/sdk-trace";
import type { Sampling, TelemetryConfig } from "../config/telemetry.ts";
import { errorMessage } from "../errors.ts";
import { log } from "../log.ts";
import { version } from "../version.ts";
import { watchReach } from "./reach.ts";

/** What this process sends. */
export interface Telemetry {
  /** Send what there is, in the background. */
  flush(): void;
  /** Send what there is. Waits a moment at most, and not at all for a collector that cannot be reached. Never rejects. */
  close(): Promise<void>;
}

const closeLimitMs = 1_500;

/** Set OpenTelemetry up for this process, in which nothing has done so before: spans and metrics go to the exporters. */
export function openTelemetry({ traces, metrics: measures, sampling }: TelemetryConfig): Telemetry {
  const told = tellOnce();
  diag.setLogger({ error: told, warn: told, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const reach = watchReach();
  const options = { httpAgentOptions: reach.agent };
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "axoner", "service.version": version }))
    .merge(detectResources({ detectors: [envDetector] }));

  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  const providers: (TracerProvider | MeterProvider)[] = [];
  if (traces !== "off") {
    const exporter = traces === "http/json" ? new JsonTraceExporter(options) : new ProtobufTraceExporter(options);
    const spanProcessors = [new BatchSpanProcessor({ exporter })];
    const provider = new TracerProvider({ resource, sampler: samplerOf(sampling), spanProcessors });
    trace.setGlobalTracerProvider(provider);
    providers.push(provider);
  }
  if (measures !== "off") {
    const exporter = measures === "http/json" ? new JsonMetricExporter(options) : new ProtobufMetricExporter(options);
    const provider = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter })] });
    metrics.setGlobalMeterProvider(provider);
    providers.push(provider);
  }
  const tell = (thrown: unknown) => told(errorMessage(thrown));
  return {
    flush() {
      for (const provider of providers) provider.forceFlush().catch(tell);
    },
    async close() {
      const late = Promise.withResolvers<string>();
      const timer = setTimeout(
        () => late.resolve(`nothing was answered within ${closeLimitMs / 1_000} s`),
        closeLimitMs,
      );
      const closed = Promise.all(providers.map((provider) => provider.shutdown())).then(() => undefined);
      const problem = await Promise.race([closed, reach.untilLost(), late.promise]).catch(errorMessage);
      clearTimeout(timer);
      if (problem !== undefined) told(problem);
    },
  };
}

/** A collector that is down is said once, not with every batch. */
function tellOnce(): DiagLogFunction {
  let isTold = false;
  return (message, ...details) => {
    const text = `telemetry could not be sent: ${[message, ...details.map(errorMessage)].join(" ")}`;
    if (isTold) log.debug(text);
    else log.warn(`${text}; check OTEL_EXPORTER_OTLP_ENDPOINT, or set OTEL_SDK_DISABLED=true`);
    isTold = true;
  };
}

const quiet: DiagLogFunction = () => undefined;

function samplerOf({ share, followsParent }: Sampling): Sampler {
  const root =
    share === 1 ? new AlwaysOnSampler() : share === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(share);
  return followsParent ? new ParentBasedSampler({ root }) : root;
}
