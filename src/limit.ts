/**
 * At most `most` pieces of work at once; the others wait in their order. A place is free again in the next turn of the
 * event loop, so that thousands of short pieces which never wait leave time for everything else between them.
 */
export function openLimit(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return async (work) => {
    if (running < most) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      setImmediate(leave);
    }
  };
}
