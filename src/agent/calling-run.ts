import type { CallingRun, Tool } from "../tools/tool.ts";
import type { RunApproval } from "./approval.ts";
import type { Purse } from "./purse.ts";
import type { SubSessions } from "./sub-sessions.ts";

/** What a run has for the agents that it calls as tools. */
export interface ParentRun {
  purse: Purse;
  depth: number;
  sessions: SubSessions;
  approval: RunApproval | undefined;
  /** The only tools that it and the agents below it may use; undefined for all. */
  toolNames: readonly string[] | undefined;
  /** Those that it was given for itself, which the agents below it have too. */
  runTools: readonly Tool[] | undefined;
}

const runs = new WeakMap<CallingRun, ParentRun>();

/** Stands for a run where its tools are called: they can hand it on, and only an agent can look behind it. */
export function callingRun(sessionId: string, run: ParentRun): CallingRun {
  const caller = Object.freeze({ sessionId });
  runs.set(caller, run);
  return caller;
}

/** Undefined for a call that no run of this process made. */
export function parentOf(caller: CallingRun | undefined): ParentRun | undefined {
  return caller && runs.get(caller);
}
