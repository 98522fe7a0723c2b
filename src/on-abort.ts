const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Call something once a signal aborts, as `addEventListener` does. That looks through all listeners of the signal each time
 * one comes or goes, which is half of the work where a thousand pages wait with the same one.
 *
 * @param listen a function of its own for each call; of a signal that has aborted it is not called
 * @returns how to listen no longer; the second time does nothing
 */
export function onAbort(signal: AbortSignal, listen: () => void): () => void {
  const listening = listeners.get(signal) ?? startListening(signal);
  listening.add(listen);
  return () => void listening.delete(listen);
}

function startListening(signal: AbortSignal): Set<() => void> {
  const listening = new Set<() => void>();
  listeners.set(signal, listening);
  signal.addEventListener(
    "abort",
    () => {
      for (const listen of listening) listen();
      listening.clear();
    },
    { once: true },
  );
  return listening;
}
