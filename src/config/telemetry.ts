/** How one kind of telemetry is sent, over HTTP. */
export type TelemetryProtocol = "http/protobuf" | "http/json" | "off";

export type TelemetryConfig = {
  traces: TelemetryProtocol;
  metrics: TelemetryProtocol;
  /** Whether what is said to models and tools may be recorded. */
  content: boolean;
  sampling: Sampling;
  /** What was asked for and cannot be done. */
  problems: string[];
};

/** Which traces are kept. */
export type Sampling = {
  /** Between 0 and 1, of those that begin here. */
  share: number;
  /** Whether a trace that began elsewhere is kept where it is kept there. */
  followsParent: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * OpenTelemetry's own variables: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
 * Something is sent only where an exporter or an endpoint is named. Endpoint, headers, timeout, compression and
 * certificates are read by the exporters themselves.
 */
export function readTelemetry(environment: Environment): TelemetryConfig {
  const problems: string[] = [];
  const isDisabled = environment["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true";
  const read = (signal: "TRACES" | "METRICS") => (isDisabled ? "off" : protocolOf(signal, environment, problems));
  return {
    traces: read("TRACES"),
    metrics: read("METRICS"),
    content: isContentWanted(environment),
    sampling: samplingOf(environment, problems),
    problems: [...new Set(problems)], // what holds for both is said once
  };
}

export function isTelemetryOn({ traces, metrics }: TelemetryConfig): boolean {
  return traces !== "off" || metrics !== "off";
}

/** `true`, or one of the kinds of places that OpenTelemetry's other instrumentations know; ours is the span. */
export function isContentWanted(environment: Environment): boolean {
  const wanted = environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"]?.trim().toLowerCase() ?? "";
  return ["true", "span_only", "span_and_event"].includes(wanted);
}

function protocolOf(signal: "TRACES" | "METRICS", environment: Environment, problems: string[]): TelemetryProtocol {
  const first = (...names: string[]) => names.map((name) => environment[name]?.trim()).find(Boolean);
  const exporters = first(`OTEL_${signal}_EXPORTER`);
  const endpoint = first(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const names = exporters?.split(",").map((name) => name.trim()) ?? (endpoint === undefined ? [] : ["otlp"]);
  const unknown = names.find((name) => name !== "otlp" && name !== "none");
  if (unknown !== undefined) problems.push(`OTEL_${signal}_EXPORTER names ${unknown}; axoner has otlp alone`);
  if (!names.includes("otlp")) return "off";
  const wrong = wrongSetting(signal, environment);
  if (wrong !== undefined) {
    problems.push(`${wrong}; nothing is sent`);
    return "off";
  }
  const protocol = first(`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, "OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/protobuf";
  if (protocol === "http/protobuf" || protocol === "http/json") return protocol;
  problems.push(
    `OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}; axoner sends http/protobuf or http/json, on port 4318 as a rule`,
  );
  return "off";
}

/** What the exporters would refuse with a stack, or take for another. Headers hold keys and are not shown. */
function wrongSetting(signal: "TRACES" | "METRICS", environment: Environment): string | undefined {
  const endpoints = [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, "OTEL_EXPORTER_OTLP_ENDPOINT"];
  const endpoint = endpoints.find((name) => environment[name]?.trim());
  const address = endpoint === undefined ? undefined : environment[endpoint]?.trim();
  if (address !== undefined && !(URL.canParse(address) && /^https?:/i.test(address))) {
    return `${endpoint} is no http or https address, such as http://127.0.0.1:4318`;
  }
  const headers = [`OTEL_EXPORTER_OTLP_${signal}_HEADERS`, "OTEL_EXPORTER_OTLP_HEADERS"];
  const broken = headers.find((name) =>
    /[^\t\x20-\x7e]|%(?:0[0-8a-f]|1[0-9a-f]|7f)/i.test(environment[name]?.trim() ?? ""),
  );
  return broken && `${broken} holds a line break or another character that no header has`;
}

function samplingOf(environment: Environment, problems: string[]): Sampling {
  const sampler = environment["OTEL_TRACES_SAMPLER"]?.trim() || "parentbased_always_on";
  const [, parent, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(sampler) ?? [];
  if (kind === undefined)
    problems.push(`OTEL_TRACES_SAMPLER names ${sampler}, which axoner has not; every trace is kept`);
  const given = Number(environment["OTEL_TRACES_SAMPLER_ARG"] ?? 1);
  const ratio = given >= 0 && given <= 1 ? given : 1;
  const share = kind === "always_off" ? 0 : kind === "traceidratio" ? ratio : 1;
  return { share, followsParent: kind === undefined || parent !== undefined };
}
