import type { RunResult } from "../agent/events.ts";
import type { BeginningRun, RunTrace, TraceRun } from "../agent/run-trace.ts";
import { errorMessage, ProviderError } from "../errors.ts";
import type { Usage } from "../message.ts";
import type { ModelReply, ModelRequest, ModelTool, Provider, RequestMeter } from "../providers/provider.ts";
import type { ToolResult } from "../tools/tool.ts";
import { loadApi, type Api } from "./api.ts";
import * as attributes from "./attributes.ts";
import * as content from "./content.ts";
import { instrumentsOf, recordTokens, type Instruments } from "./instruments.ts";
import { beginSpan, readWithin, type Failure, type OpenSpan } from "./spans.ts";

export interface TraceOptions {
  /** Whether what is said to models and tools is recorded. */
  withContent: boolean;
}

/** Runs as spans and metrics of OpenTelemetry's GenAI conventions, wherever the program has set OpenTelemetry up. */
export function traceRuns(options: TraceOptions): TraceRun {
  return async (run) => {
    const api = await loadApi();
    return api && openRunTrace({ ...options, api, run, tools: new Map() });
  };
}

interface Traced extends TraceOptions {
  api: Api;
  run: BeginningRun;
  /** What the model was told of its tools. */
  tools: Map<string, ModelTool>;
}

function openRunTrace(traced: Traced): RunTrace {
  const { api, run, withContent } = traced;
  const name = run.name === undefined ? "invoke_agent" : `invoke_agent ${run.name}`;
  const start = { name, kind: api.SpanKind.INTERNAL, attributes: attributes.runAttributes(run) };
  const whole = beginSpan(api, { ...start, parent: api.context.active() }, withContent);
  const instruments = instrumentsOf(api.metrics.getMeter("axoner"));
  const within = { ...traced, whole, instruments };
  return {
    provider: (provider) => ({
      name: provider.name,
      model: provider.model,
      get price() {
        return provider.price; // asked anew for each request
      },
      stream: (request, signal) => readReply(within, { provider, request, signal }),
    }),
    tool: (call, work) => runTool(within, { call, work }),
    events: (events) => readEvents(within, events),
  };
}

type Within = Traced & { whole: OpenSpan; instruments: Instruments };

interface Asking {
  provider: Provider;
  request: ModelRequest;
  signal: AbortSignal;
}

async function* readReply({ api, run, tools, whole, instruments, withContent }: Within, asking: Asking) {
  const { provider, request, signal } = asking;
  for (const tool of request.tools) tools.set(tool.name, tool);
  const asked = attributes.chatKind(provider);
  const conversation = { "gen_ai.conversation.id": run.sessionId };
  const span = beginSpan(
    api,
    {
      name: `chat ${provider.model}`,
      kind: api.SpanKind.CLIENT,
      attributes: { ...asked, ...conversation, ...attributes.requestAttributes(request) },
      parent: whole.context,
    },
    withContent,
  );
  if (withContent) span.add(() => content.requestContent(request));
  const startedAt = performance.now();
  let firstAt: number | undefined;
  let reply: ModelReply | undefined;
  let lost: Usage | undefined;
  let failure: Failure | undefined = { type: attributes.requestErrorType(undefined, signal) };
  const meter = recordingLost(request.meter, (usage) => recordTokens(instruments, usage, asked));
  try {
    for await (const event of readWithin(span, provider.stream({ ...request, meter }, signal))) {
      firstAt ??= performance.now();
      if (event.type === "done") [reply, failure] = [event, undefined];
      yield event;
    }
  } catch (thrown) {
    failure = { type: attributes.requestErrorType(thrown, signal), message: errorMessage(thrown) };
    if (thrown instanceof ProviderError) lost = thrown.usage;
    throw thrown;
  } finally {
    const first = firstAt === undefined ? {} : { "gen_ai.response.time_to_first_chunk": (firstAt - startedAt) / 1_000 };
    const model = reply?.servedBy === undefined ? {} : { "gen_ai.response.model": reply.servedBy.model };
    if (withContent && reply !== undefined) span.add(content.replyContent.bind(undefined, reply));
    const seconds = span.end({ ...first, ...model, ...(reply && attributes.replyAttributes(reply)) }, failure);
    recordTokens(instruments, reply?.usage, { ...asked, ...model });
    recordTokens(instruments, lost, asked);
    instruments.requestSeconds.record(seconds, { ...asked, ...model, ...attributes.errorType(failure) });
  }
}

function recordingLost(meter: RequestMeter | undefined, record: (usage: Usage | undefined) => void): RequestMeter {
  return {
    started: (attempt) => meter?.started(attempt),
    lost(attempt) {
      record(attempt.usage);
      return meter?.lost(attempt) ?? true;
    },
  };
}

type ToolWork = { call: Parameters<RunTrace["tool"]>[0]; work: () => Promise<ToolResult> };

async function runTool(
  { api, run, tools, whole, instruments, withContent }: Within,
  { call, work }: ToolWork,
): Promise<ToolResult> {
  const known = tools.get(call.name);
  const about = attributes.toolAttributes(call, known?.description);
  const name = `execute_tool ${about["gen_ai.tool.name"]}`;
  const start = { name, kind: api.SpanKind.INTERNAL, attributes: about, parent: whole.context };
  const span = beginSpan(api, start, withContent);
  if (withContent) span.add(() => content.argumentsContent(call.input));
  let failure: Failure | undefined = { type: "_OTHER" };
  try {
    const result = await span.within(work);
    failure = result.ok ? undefined : { type: result.code, message: result.message };
    if (withContent) span.add(() => content.resultContent(result));
    return result;
  } finally {
    const seconds = span.end({}, failure);
    // a name that a model made up must not become a time series of its own
    const kind = { "gen_ai.tool.name": known?.name ?? "_OTHER", "gen_ai.tool.type": "function" };
    instruments.toolSeconds.record(seconds, {
      ...kind,
      ...attributes.agentName(run),
      ...attributes.errorType(failure),
    });
  }
}

async function* readEvents({ run, whole, instruments }: Within, events: Parameters<RunTrace["events"]>[0]) {
  let result: RunResult | undefined;
  let failure: Failure | undefined;
  try {
    for await (const event of readWithin(whole, events)) {
      if (event.type === "run_finished") {
        result = event;
        if (event.error !== undefined) failure = { type: event.error.code, message: event.error.message };
      }
      yield event;
    }
  } catch (thrown) {
    failure = { type: thrown instanceof Error ? thrown.name : "_OTHER", message: errorMessage(thrown) };
    throw thrown;
  } finally {
    const outcome = result === undefined ? { "axoner.exit_reason": "cancelled" } : attributes.resultAttributes(result);
    const seconds = whole.end(outcome, failure);
    instruments.runSeconds.record(seconds, { ...attributes.agentName(run), ...attributes.errorType(failure) });
  }
}
