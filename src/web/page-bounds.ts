/** Of the body of a page, packed and unpacked. */
export const maxPageBytes = 10_000_000;

/** What pages wait for waits for no page that is ahead. */
export const beforeAllPages = -1;

/** How long a page that is asked for may take. */
export function patienceOf(timeoutMs: number) {
  return {
    timeoutMs,
    maxPauseMs: timeoutMs,
    whenLate: `no complete page within ${timeoutMs / 1_000} s; raise timeout_s`,
    whenLimited: "ask for fewer pages at a time with per_host",
  };
}
