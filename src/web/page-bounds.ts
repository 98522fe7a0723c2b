/** Of the body of a page, packed and unpacked. */
export const maxPageBytes = 10_000_000;

/** What pages wait for waits for no page that is ahead. */
export const beforeAllPages = -1;

/** What to try where a server is late or wants fewer requests. */
export interface Advice {
  whenLate: string;
  whenLimited: string;
}

const usualAdvice: Advice = {
  whenLate: "raise timeout_s",
  whenLimited: "ask for fewer pages at a time with per_host",
};

/** How long a page that is asked for may take. */
export function patienceOf({ timeoutMs, advice = usualAdvice }: { timeoutMs: number; advice?: Advice | undefined }) {
  return {
    timeoutMs,
    maxPauseMs: timeoutMs,
    whenLate: `no complete page within ${timeoutMs / 1_000} s; ${advice.whenLate}`,
    whenLimited: advice.whenLimited,
  };
}
