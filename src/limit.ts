export type Limit = <Result>(work: () => Promise<Result>, kind?: "next" | "last") => Promise<Result>;

/** At most `most` pieces of work at once; the others wait in their order, `next` before `last`. */
export function openLimit(most: number): Limit {
  const waiting = { next: [] as (() => void)[], last: [] as (() => void)[] };
  let running = 0;
  return async (work, kind = "last") => {
    if (running < most) running += 1;
    else await new Promise<void>((resolve) => waiting[kind].push(resolve));
    try {
      return await work();
    } finally {
      const enter = waiting.next.shift() ?? waiting.last.shift();
      if (enter === undefined) running -= 1;
      else enter();
    }
  };
}
