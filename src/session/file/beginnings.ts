/** So many sessions may begin in one turn of the event loop. */
const perTurn = 16;

/**
 * What is under way goes before what begins: of thousands of conversations that are started at once few are in their
 * middle then, and hold memory and a connection. The result resolves when another one may begin.
 */
export function openBeginnings(): () => Promise<void> {
  let waiting: (() => void)[] = [];
  const letIn = () => {
    const now = waiting.slice(0, perTurn);
    waiting = waiting.slice(perTurn);
    for (const begin of now) begin();
    if (waiting.length > 0) setImmediate(letIn);
  };
  return () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.push(resolve) === 1) setImmediate(letIn);
    return promise;
  };
}
