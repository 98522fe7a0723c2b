import assert from "node:assert/strict";

/** One thing that every implementation of a contract does. `run` rejects where this one does not. */
export interface ContractCase {
  name: string;
  run(): Promise<void>;
}

/** How long one case may take where it has no deadline of its own: many test runners wait for ever. */
const caseLimitMs = 30_000;

/** Run each case with what it needs opened for it, and closed after it, whatever came of it. */
export function casesOf<Subject>(
  { open, close }: { open: () => Promise<Subject>; close: (subject: Subject) => Promise<void> },
  cases: Readonly<Record<string, (subject: Subject) => Promise<void>>>,
): ContractCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const subject = await within(caseLimitMs, "opening it", open());
      try {
        await within(caseLimitMs, "what it was asked for", check(subject));
      } finally {
        await within(caseLimitMs, "closing it", close(subject));
      }
    },
  }));
}

/** What is waited for, which must settle in time. It goes on, unseen, where it does not. */
export async function within<Value>(limitMs: number, what: string, waited: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `${what} had not ended after ${limitMs / 1000} s`;
  const timer = setTimeout(() => reject(new assert.AssertionError({ message })), limitMs);
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
  }
}
