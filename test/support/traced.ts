import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScriptedReply } from "../../src/testing.ts";
import type { Collector, CollectedSpan } from "./otlp-collector.ts";

/** What a model of `axoner run` or `run_agent` replies. */
export function script(folder: string, given: readonly ScriptedReply[]): string[] {
  writeFileSync(join(folder, "replies.json"), JSON.stringify(given));
  return ["--provider", "scripted", "--model", join(folder, "replies.json")];
}

/** The environment in which everything is sent to a collector in a form that tests can read. */
export function asJson({ endpoint }: Collector): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
}

export function named(spans: readonly CollectedSpan[], start: string): CollectedSpan[] {
  return spans.filter(({ name }) => name.startsWith(start));
}
