import type { JsonObject } from "../message.ts";
import type { Taping } from "../taping.ts";

/** A recording that is made or replayed, as one process sees it. */
export interface Tape {
  readonly isReplay: boolean;
  /** Whether the tools of other MCP servers are part of it. */
  readonly hasOtherServers: boolean;
  /** What belongs to no tool call: the requests to models, sessions, other servers. */
  readonly root: Taping;
  /** What belongs to a tool call; of equal calls, to the first, the second, … */
  ofCall(tool: string, input: unknown): Taping;
  /** What one run of a session said of its tool calls, to be added to or to be followed. */
  ofRun(sessionId: string): RunTrack;
  close(): void;
}

/** When a run told what about its tools. */
export interface RunTrack {
  /** Empty while recording. */
  readonly events: readonly JsonObject[];
  add(event: JsonObject): void;
}

/** Counts how often a name was used: equal things are told apart by their order. */
export function openCounts(): (name: string) => number {
  const counts = new Map<string, number>();
  return (name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  };
}

/** Keys of objects come in the order in which they were written. */
export function textOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}
