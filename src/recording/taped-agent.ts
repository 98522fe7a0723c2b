import { createAgent, type Agent, type AgentOptions } from "../agent/agent.ts";
import type { AgentEvent } from "../agent/events.ts";
import type { JsonObject } from "../message.ts";
import type { RunTrack, Tape } from "./tape.ts";

/**
 * An agent over an engine that is taped already, whose runs tell of their tools in the order, and with the times, that
 * were recorded.
 *
 * @throws ConfigError as `createAgent`
 */
export function createTapedAgent(options: AgentOptions, tape: Tape): Agent {
  const newSessionId = (prompt = "") => tape.root.drawn(`session for ${prompt}`, () => crypto.randomUUID());
  const agent = createAgent({ newSessionId, ...options });
  const follow = tape.isReplay ? replayed : recorded;
  return {
    ...agent,
    async *run(given) {
      let track: RunTrack | undefined;
      const events = withTrack(agent.run(given), (sessionId) => (track ??= tape.ofRun(sessionId)));
      yield* follow(events);
    },
  };
}

/** An event, and what was recorded of its run. */
interface Tracked {
  event: AgentEvent;
  track: RunTrack | undefined;
}

async function* withTrack(
  events: AsyncIterable<AgentEvent>,
  trackOf: (sessionId: string) => RunTrack,
): AsyncGenerator<Tracked> {
  let track: RunTrack | undefined;
  for await (const event of events) {
    if (event.type === "turn_started" || event.type === "run_finished") track ??= trackOf(event.session_id);
    yield { event, track };
  }
}

async function* recorded(events: AsyncIterable<Tracked>): AsyncGenerator<AgentEvent> {
  for await (const { event, track } of events) {
    const kept = toKept(event);
    if (kept !== undefined) track?.add(kept);
    yield event;
  }
}

/** What the outcome of a call does not tell: when it came, how long it took, and how far it was meanwhile. */
function toKept(event: AgentEvent): JsonObject | undefined {
  if (event.type === "tool_started") return { type: event.type, call_id: event.call_id };
  if (event.type === "tool_finished") {
    return { type: event.type, call_id: event.call_id, elapsed_ms: event.elapsed_ms };
  }
  return event.type === "tool_progress" ? { ...event } : undefined;
}

async function* replayed(events: AsyncIterable<Tracked>): AsyncGenerator<AgentEvent> {
  let left: JsonObject[] | undefined;
  let waiting: AgentEvent[] = [];
  for await (const { event, track } of events) {
    left ??= track === undefined ? undefined : [...track.events];
    if (left === undefined || left.length === 0 || toKept(event) === undefined) {
      yield* waiting.splice(0); // tools that the recording does not know of
      yield event;
      continue;
    }
    if (event.type !== "tool_progress") waiting.push(event);
    for (let next = take(left, waiting); next !== undefined; next = take(left, waiting)) yield next;
    if (left.length === 0) yield* waiting.splice(0);
  }
  waiting = [];
}

/** The next event as it was recorded, if it has happened again. */
function take(left: JsonObject[], waiting: AgentEvent[]): AgentEvent | undefined {
  const [next] = left;
  if (next === undefined) return undefined;
  if (next["type"] === "tool_progress") {
    left.shift();
    return toProgress(next);
  }
  const at = waiting.findIndex((event) => {
    return "call_id" in event && event.type === next["type"] && event.call_id === next["call_id"];
  });
  if (at === -1) return undefined;
  left.shift();
  const [event] = waiting.splice(at, 1);
  if (event?.type !== "tool_finished") return event;
  const elapsed = next["elapsed_ms"];
  return { ...event, elapsed_ms: typeof elapsed === "number" ? elapsed : event.elapsed_ms };
}

function toProgress(kept: JsonObject): AgentEvent {
  const { call_id: id, name, done, total, message, dataset } = kept;
  return {
    type: "tool_progress",
    call_id: String(id),
    name: String(name),
    done: Number(done),
    ...(typeof total === "number" ? { total } : {}),
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof dataset === "string" ? { dataset } : {}),
  };
}
