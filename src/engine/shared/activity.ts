import type { Engine } from "../engine.ts";

/** How much runs in an engine, and when that was nothing for long enough. */
export interface Activity {
  /** The engine, each of whose calls counts for as long as it runs. */
  watch(engine: Engine): Engine;
  running(): number;
  done(): number;
  /** Call back when nothing has run for this long. */
  start(onIdle: () => void, idleMs: number): void;
  /** Wait as long from now on. */
  endAfter(idleMs: number): void;
  /** End as soon as nothing runs. */
  retire(): void;
}

/** An engine that has grown beyond this starts anew once nothing runs in it. */
const maxIdleBytes = 600_000_000;

export function openActivity(): Activity {
  let running = 0;
  let done = 0;
  let idleMs = 0;
  let onIdle = () => {};
  let timer: NodeJS.Timeout | undefined;

  const wait = () => {
    clearTimeout(timer);
    if (running === 0) timer = setTimeout(() => onIdle(), process.memoryUsage.rss() > maxIdleBytes ? 0 : idleMs);
  };

  return {
    start(callback, givenMs) {
      onIdle = callback;
      idleMs = givenMs;
      wait();
    },
    watch(engine) {
      return {
        ...engine,
        async call(name, input, options) {
          running += 1;
          clearTimeout(timer);
          try {
            return await engine.call(name, input, options);
          } finally {
            running -= 1;
            done += 1;
            wait();
          }
        },
      };
    },
    running: () => running,
    done: () => done,
    endAfter(givenMs) {
      idleMs = givenMs;
      wait();
    },
    retire() {
      idleMs = 0;
      wait();
    },
  };
}
