import { Console } from "node:console";
import type { JsonObject } from "../message.ts";
import { openToolServer, type ToolServerOptions } from "./serve-tools.ts";
import { openStdio } from "./stdio.ts";

export interface StdioServerOptions extends Omit<ToolServerOptions, "notify"> {
  /** Frees what the backend opened. */
  close: () => Promise<void>;
}

/** When nobody asks for anything, the backend is opened after this long, so that a wrong configuration shows. */
const idleOpenMs = 1_000;
/** How long closing may take once the client is gone. */
const closeDeadlineMs = 800;
const parentCheckMs = 250;

/**
 * Serve tools on this process's stdin and stdout until the input ends (everything in flight is answered first), the
 * client is gone, or a signal comes (what is in flight is stopped).
 *
 * @returns the exit code the process should end with
 */
export async function serveStdio({ close, backend, ...options }: StdioServerOptions): Promise<number> {
  globalThis.console = new Console(process.stderr); // stdout carries the protocol and nothing else
  const failed = Promise.withResolvers<never>();
  const watched = async () => {
    try {
      const opened = await backend();
      await opened.definitions(); // a plugin that does not load is a wrong configuration too
      return opened;
    } catch (thrown) {
      failed.reject(thrown);
      throw thrown;
    }
  };
  const openSoon = () => void watched().catch(() => undefined); // the failure itself ends the process, by `failed`
  const opening = setTimeout(openSoon, idleOpenMs);

  let answered = false;
  const server = openToolServer({ ...options, backend: watched, notify: (message) => transport.notify(message) });
  const transport = openStdio(process.stdin, process.stdout, {
    onNotification: server.onNotification,
    async onRequest(request): Promise<JsonObject | undefined> {
      const reply = await server.onRequest(request);
      if (!answered) setImmediate(openSoon);
      answered = true;
      return reply;
    },
  });

  try {
    const code = await Promise.race([transport.drained.then(() => 0), interrupted(transport.gone), failed.promise]);
    return code;
  } finally {
    clearTimeout(opening);
    server.abort();
    await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, closeDeadlineMs))]);
  }
}

/** Settles with an exit code when the client or the parent process is gone, or a signal arrives. */
function interrupted(gone: Promise<void>): Promise<number> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve(143));
    process.once("SIGINT", () => resolve(130));
    process.once("SIGHUP", () => resolve(129));
    void gone.then(() => resolve(0));
    process.stdin.once("end", () => {
      // Nothing can be read from a client that died, and nothing may have to be written for a long time.
      const orphaned = () => process.ppid !== parent && resolve(0);
      setInterval(orphaned, parentCheckMs).unref();
    });
  });
}
