import type { Attributes, Context, Span, SpanKind } from "@opentelemetry/api";
import { version } from "../version.ts";
import type { Api } from "./api.ts";

export interface SpanStart {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
  parent: Context;
}

export interface Failure {
  /** One of few. */
  type: string;
  /** May quote what was said. */
  message?: string | undefined;
}

/** A span that has begun. */
export interface OpenSpan {
  context: Context;
  /** Takes time to make, and is made only where somebody keeps it. */
  add(attributes: () => Attributes): void;
  /** Do something in whose context this span is the active one. */
  within<Result>(work: () => Result): Result;
  /** @returns how long it took, in seconds */
  end(attributes: Attributes, failure: Failure | undefined): number;
}

/** @param withMessages whether messages of failures are kept */
export function beginSpan(api: Api, { name, kind, attributes, parent }: SpanStart, withMessages: boolean): OpenSpan {
  const startedAt = performance.now();
  const span: Span = api.trace.getTracer("axoner", version).startSpan(name, { kind, attributes }, parent);
  const context = api.trace.setSpan(parent, span);
  return {
    context,
    add(made) {
      if (span.isRecording()) span.setAttributes(made());
    },
    within: (work) => api.context.with(context, work),
    end(added, failure) {
      span.setAttributes(added);
      if (failure !== undefined) {
        const { type, message } = failure;
        span.setAttribute("error.type", type);
        const told = withMessages && message !== undefined ? { message } : {};
        span.setStatus({ code: api.SpanStatusCode.ERROR, ...told });
      }
      span.end();
      return (performance.now() - startedAt) / 1_000;
    },
  };
}

/** Read something item by item, so that what it does between them is done within the span. */
export async function* readWithin<Item>({ within }: OpenSpan, items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
  const iterator = within(() => items[Symbol.asyncIterator]());
  let isDone = false;
  try {
    for (;;) {
      const step = await within(() => iterator.next());
      isDone = step.done === true;
      if (step.done === true) return;
      yield step.value;
    }
  } catch (thrown) {
    isDone = true;
    throw thrown;
  } finally {
    if (!isDone) await within(() => iterator.return?.());
  }
}
