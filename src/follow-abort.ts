/** An abort of one's own that also follows another signal. */
export interface FollowedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Follow no longer. */
  release(): void;
}

/**
 * As `AbortSignal.any` with a controller of one's own, for work that ends: nothing of it is left behind in a signal that
 * lives on, and a model call or a tool call of thousands costs a listener instead of weak references.
 */
export function followAbort(followed: AbortSignal): FollowedAbort {
  const own = new AbortController();
  const follow = () => own.abort(followed.reason);
  if (followed.aborted) follow();
  else followed.addEventListener("abort", follow, { once: true });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    release: () => followed.removeEventListener("abort", follow),
  };
}
