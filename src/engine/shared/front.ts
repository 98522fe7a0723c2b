import { setTimeout as delay } from "node:timers/promises";
import { AxonerError, errorMessage } from "../../errors.ts";
import { log } from "../../log.ts";
import type { JsonValue } from "../../message.ts";
import type { ToolResult } from "../../tools/tool.ts";
import type { Engine } from "../engine.ts";
import { connectEngine, type Connection } from "../wire.ts";
import { openFolder } from "./folder.ts";
import { reachEngine } from "./reach.ts";
import type { EngineStart, StartedEngine } from "./start-engine.ts";

export interface SharedEngineOptions extends EngineStart {
  /** The complete resolved configuration, of which the place's name is made; the engine reads nothing else. */
  settings: JsonValue;
  /** As for a hosted engine. */
  startedFor: (tool: string) => readonly string[];
  /** Opens an engine for this front alone, where none can be shared; without it calls say that. */
  instead?: (() => Engine) | undefined;
}

/** How long an engine may take to start, on a machine that has other things to do. */
const startDeadlineMs = 20_000;
const retryMs = 15;

/**
 * The one engine of a configuration, whoever started it: found at its place, or started there by the first call, and
 * again by the next call after it has ended. Closing this end stops what was called over it, and nothing else.
 */
export function openSharedEngine(options: SharedEngineOptions): Engine {
  let connecting: Promise<Connection> | undefined;
  let instead: Engine | undefined;
  let closed = false;

  const connectOnce = async (args: readonly string[]): Promise<Connection> => {
    for (;;) {
      const opening = (connecting ??= meet(options, args));
      const connection = await opening.catch((thrown: unknown) => {
        if (connecting === opening) connecting = undefined;
        throw thrown;
      });
      // told in the same moment as what came before it, perhaps, so it is asked and not waited for
      if (connection.takesCalls()) return connection;
      if (connecting === opening) connecting = undefined;
    }
  };
  /** The engine to use, once and for all another where this one cannot be had. */
  const engineFor = async (args: readonly string[]): Promise<Engine> => {
    try {
      return instead ?? (await connectOnce(args));
    } catch (thrown) {
      if (options.instead === undefined) throw thrown;
      if (instead === undefined) log.warn(`no engine is shared: ${errorMessage(thrown)}`);
      instead ??= options.instead();
      return instead;
    }
  };
  return {
    async definitions() {
      if (closed) throw new AxonerError(cancelled.message);
      return (await engineFor([])).definitions();
    },
    async call(name, input, callOptions) {
      if (closed) return cancelled;
      let engine: Engine | undefined;
      try {
        // An engine may take seconds to start; from then on it answers an abort itself.
        engine = await unlessAborted(callOptions.signal, engineFor(options.startedFor(name)));
      } catch (thrown) {
        return { ok: false, code: "unavailable", message: `no engine can be shared: ${errorMessage(thrown)}` };
      }
      if (closed) return cancelled;
      if (engine === undefined) return { ok: false, code: "cancelled", message: `${name} was cancelled` };
      const result = await engine.call(name, input, callOptions);
      return closed && !result.ok && result.code === "unavailable" ? cancelled : result;
    },
    async close() {
      closed = true;
      const connection = await connecting?.catch(() => undefined); // who wanted it was told why it did not open
      await Promise.all([connection?.close(), instead?.close()]);
    },
  };
}

const cancelled = { ok: false, code: "cancelled", message: "the engine is closing" } satisfies ToolResult;

/** Undefined as soon as the signal aborts. */
async function unlessAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Find the engine, or start it where nobody else does. */
async function meet(options: SharedEngineOptions, args: readonly string[]): Promise<Connection> {
  const { place, settings } = options;
  let start: StartedEngine | undefined;
  try {
    for (const until = Date.now() + startDeadlineMs; Date.now() < until; await delay(retryMs)) {
      openFolder(place.folder);
      const socket = await reachEngine(place, "serve");
      if (socket !== undefined) return connectEngine(socket, settings);
      start ??= await (await import("./start-engine.ts")).startFirst(options, args);
      const failure = start?.failure();
      if (failure !== undefined) throw failure;
    }
  } finally {
    await start?.release();
  }
  throw new AxonerError(`the shared engine did not start in ${startDeadlineMs / 1_000} s; ${place.log} may say why`);
}
