/** As the work, or the signal's reason once it aborts; the work is not waited for then. */
export async function untilAbort<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** How long after an abort events may take to end by themselves, in good order. */
const endGraceMs = 200;

/** The same events, whose source is left behind after an abort if it goes on, or says nothing more. */
export async function* eventsUntilAbort<Event>(
  events: AsyncIterable<Event>,
  signal: AbortSignal,
): AsyncGenerator<Event, void> {
  const iterator = events[Symbol.asyncIterator]();
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => (timer = setTimeout(() => late.abort(signal.reason), endGraceMs));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  let isLeft = true;
  try {
    for (;;) {
      const next = await untilAbort(iterator.next(), late.signal).catch((thrown: unknown) => {
        isLeft = late.signal.aborted;
        throw thrown;
      });
      if (next.done) {
        isLeft = false;
        return;
      }
      yield next.value;
      signal.throwIfAborted();
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    if (isLeft) await leave(iterator, signal);
  }
}

/** One that does not listen to the signal would not listen to this either: nobody waits for it. */
async function leave(iterator: AsyncIterator<unknown>, signal: AbortSignal): Promise<void> {
  const left = iterator.return?.();
  if (signal.aborted) left?.catch(() => undefined);
  else await left;
}
