import type { Attributes, Histogram, Meter } from "@opentelemetry/api";
import type { Usage } from "../message.ts";

export interface Instruments {
  requestSeconds: Histogram;
  tokens: Histogram;
  runSeconds: Histogram;
  toolSeconds: Histogram;
}

const kept = new WeakMap<Meter, Instruments>();

/** The conventions' histograms, with the bounds that they ask for. */
export function instrumentsOf(meter: Meter): Instruments {
  const known = kept.get(meter);
  if (known !== undefined) return known;
  const seconds = (name: string, description: string, first: number, count = 14) => {
    const explicitBucketBoundaries = Array.from({ length: count }, (_, index) => first * 2 ** index);
    return meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries } });
  };
  const instruments: Instruments = {
    requestSeconds: seconds("gen_ai.client.operation.duration", "GenAI operation duration.", 0.01),
    toolSeconds: seconds("gen_ai.execute_tool.duration", "The duration of a single tool execution.", 0.01),
    runSeconds: seconds(
      "gen_ai.invoke_agent.duration",
      "The end-to-end duration of a single agent invocation.",
      0.1,
      13,
    ),
    tokens: meter.createHistogram("gen_ai.client.token.usage", {
      unit: "{token}",
      description: "Number of input and output tokens used.",
      advice: { explicitBucketBoundaries: Array.from({ length: 14 }, (_, index) => 4 ** index) },
    }),
  };
  kept.set(meter, instruments);
  return instruments;
}

export function recordTokens({ tokens }: Instruments, usage: Usage | undefined, attributes: Attributes): void {
  if (usage === undefined) return;
  tokens.record(usage.inputTokens, { ...attributes, "gen_ai.token.type": "input" });
  tokens.record(usage.outputTokens, { ...attributes, "gen_ai.token.type": "output" });
}
