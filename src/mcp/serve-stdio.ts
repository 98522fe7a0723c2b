import { Console } from "node:console";
import { ConfigError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import { once } from "../once.ts";
import { signalCodes, withDeadline } from "./ending.ts";
import { openToolServer, type ToolServerOptions } from "./serve-tools.ts";
import { openStdio } from "./stdio.ts";

export interface StdioServerOptions extends Omit<ToolServerOptions, "notify" | "deliver"> {
  /**
   * What nothing waits for: see that the whole configuration can be used.
   *
   * @throws ConfigError
   */
  check: () => Promise<void>;
  /** Frees what the backend opened. */
  close: () => Promise<void>;
}

/** After how long a silence the configuration is checked, also where nobody asks for anything. Calls need not wait for it. */
const checkAfterMs = 1_000;
/** How long closing may take once the client is gone. */
const closeDeadlineMs = 800;
const parentCheckMs = 250;
/** When to look who reads, so that it shows later that nobody does. */
const lookAfterMs = 1_000;

/**
 * Serve tools on this process's stdin and stdout until the input ends (everything in flight is answered first), the
 * client is gone, or a signal comes (what is in flight is stopped).
 *
 * @returns the exit code the process should end with
 */
export async function serveStdio({ close, check, backend, ...options }: StdioServerOptions): Promise<number> {
  sendConsoleToStderr();
  const failed = Promise.withResolvers<never>();
  const watch = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof ConfigError) failed.reject(thrown); // anything else may pass: the next request tries again
      throw thrown;
    }
  };
  const watched = () =>
    watch(async () => {
      const opened = await backend();
      await opened.definitions(); // a plugin that does not load is a wrong configuration too
      return opened;
    });
  const checked = once(async () => {
    await watched();
    await watch(check);
  });
  const soon = (work: () => Promise<unknown>) => () => void work().catch(() => undefined); // a wrong configuration ends the process, by `failed`
  let inFlight = 0;
  let answered = false;
  const checking: NodeJS.Timeout = setTimeout(() => {
    if (inFlight > 0) checking.refresh();
    else soon(checked.get)();
  }, checkAfterMs);

  const server = openToolServer({
    ...options,
    backend: watched,
    notify: (message) => transport.notify(message),
    deliver: (message) => transport.deliver(message),
  });
  const transport = openStdio(process.stdin, process.stdout, {
    onNotification: server.onNotification,
    onResponse: server.onResponse,
    onEnd: server.onEnd,
    async onRequest(request): Promise<JsonObject | undefined> {
      inFlight += 1;
      try {
        return await server.onRequest(request);
      } finally {
        inFlight -= 1;
        if (!answered) setImmediate(soon(watched));
        answered = true;
      }
    },
  });

  const interruption = watchForInterruption(transport.gone);
  const drained = transport.drained.then(async () => {
    await checked.get(); // a wrong configuration shows even when nobody asked for anything
    return 0;
  });
  drained.catch(() => undefined);
  try {
    return await Promise.race([drained, interruption.code, failed.promise]);
  } finally {
    clearTimeout(checking);
    interruption.forget();
    server.abort();
    await withDeadline(close(), closeDeadlineMs);
  }
}

/** stdout carries the protocol and nothing else. Made by its first use: to open stderr takes longer than to shake hands. */
function sendConsoleToStderr(): void {
  let made: Console | undefined;
  Object.defineProperty(globalThis, "console", {
    configurable: true,
    enumerable: false,
    get: () => (made ??= new Console(process.stderr)),
    set(given: Console) {
      made = given;
    },
  });
}

/** Wait for the exit code that belongs to a client or a parent process that is gone, or to a signal. */
function watchForInterruption(gone: Promise<void>): { code: Promise<number>; forget: () => void } {
  const parent = process.ppid;
  const { promise, resolve } = Promise.withResolvers<number>();
  const signals = Object.entries(signalCodes).map(([signal, code]) => [signal, () => resolve(code)] as const);
  for (const [signal, listener] of signals) process.once(signal, listener);
  void gone.then(() => resolve(0));
  const forgotten = new AbortController();
  const pipe = once(async () => (await import("./pipe-readers.ts")).watchPipe(process.stdout.fd));
  // once the first reply is out, and while the client still reads
  const looking = setTimeout(() => void pipe.get(), lookAfterMs).unref();
  let watching: NodeJS.Timeout | undefined;
  const onEnd = () => {
    // Nothing can be read from a client that died, and nothing may have to be written for a long time.
    watching = setInterval(() => process.ppid !== parent && resolve(0), parentCheckMs).unref();
    const unread = async () => (await pipe.get()).untilUnread(forgotten.signal);
    unread().then(
      () => resolve(0),
      () => undefined, // forgotten
    );
  };
  process.stdin.once("end", onEnd);
  return {
    code: promise,
    forget() {
      for (const [signal, listener] of signals) process.off(signal, listener);
      process.stdin.off("end", onEnd);
      clearInterval(watching);
      clearTimeout(looking);
      forgotten.abort();
    },
  };
}
