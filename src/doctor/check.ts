import type { Finding } from "../cli/doctor/finding.ts";

export type Outcome = Omit<Finding, "name">;

/** One thing to find out. */
export interface Check {
  name: string;
  /** What it throws is a problem, and told. After the abort of its signal nobody waits for it. */
  run(signal: AbortSignal): Promise<Outcome> | Outcome;
  /** What to try where it does not end in time. */
  whenLate: string;
  /** What to try where what it throws does not say; default as `whenLate`. */
  whenBroken?: string;
}

export function ok(detail: string): Outcome {
  return { status: "ok", detail };
}

export function warning(detail: string, advice: string): Outcome {
  return { status: "warning", detail, advice };
}

/** Messages of errors end with what to do next, behind a semicolon. */
export function problem(message: string, fallback: string): Outcome {
  const at = message.lastIndexOf("; ");
  if (at === -1) return { status: "problem", detail: message, advice: fallback };
  return { status: "problem", detail: message.slice(0, at), advice: message.slice(at + 2) };
}
