import { setImmediate as breathe } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { errorMessage } from "../errors.ts";
import type { CheckAddress } from "../taping.ts";
import { fromFailure } from "./failure.ts";
import type { Recorded } from "./read.ts";
import { requestOf } from "./record-http.ts";
import type { Player } from "./replay.ts";

/** A client that connects to nothing: what was recorded answers, in the chunks in which it came. */
export function replayClient(client: Dispatcher, player: Player, check: CheckAddress | undefined): Dispatcher {
  return client.compose(() => (options, handler) => {
    void play(options, handler, { player, check });
    return true;
  });
}

interface Source {
  player: Player;
  check: CheckAddress | undefined;
}

async function play(
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  { player, check }: Source,
): Promise<void> {
  const flow = openFlow((reason) => handler.onResponseError?.(flow.controller, reason));
  try {
    handler.onRequestStart?.(flow.controller, {});
    await breathe();
    if (flow.isOver()) return;
    if (check !== undefined) player.check(String(options.origin ?? ""), check);
    await deliver(player.find("http", requestOf(options)), handler, { flow, player });
  } catch (thrown) {
    flow.fail(thrown instanceof Error ? thrown : new Error(errorMessage(thrown)));
  }
}

async function deliver(
  recorded: Recorded,
  handler: Dispatcher.DispatchHandler,
  { flow, player }: { flow: Flow; player: Player },
): Promise<void> {
  const { head, chunks, end } = recorded;
  if (head !== undefined && !flow.isOver()) {
    handler.onResponseStart?.(flow.controller, head.status, head.headers, head.reason);
  }
  for (const chunk of chunks) {
    await flow.untilWanted();
    if (flow.isOver()) return;
    handler.onResponseData?.(flow.controller, player.uncover(chunk));
    await breathe();
  }
  await flow.untilWanted();
  if (flow.isOver()) return;
  if (end === undefined) throw player.brokenOff(recorded);
  // whoever left then leaves now for the same reason: too much of it, or too late
  if (end.isLeft) return;
  if (end.failure !== undefined) throw fromFailure(end.failure);
  flow.close();
  handler.onResponseEnd?.(flow.controller, {});
}

type Flow = ReturnType<typeof openFlow>;

/** What whoever reads a reply may do with it meanwhile. */
function openFlow(onFailure: (reason: Error) => void) {
  let paused: PromiseWithResolvers<void> | undefined;
  let over = false;
  let reason: Error | null = null;
  const resume = () => {
    paused?.resolve();
    paused = undefined;
  };
  const fail = (why: Error) => {
    if (over) return;
    over = true;
    reason = why;
    resume();
    onFailure(why);
  };
  const controller: Dispatcher.DispatchController = {
    get aborted() {
      return reason !== null;
    },
    get paused() {
      return paused !== undefined;
    },
    get reason() {
      return reason;
    },
    rawHeaders: [],
    rawTrailers: [],
    abort: fail,
    pause: () => void (paused ??= Promise.withResolvers()),
    resume,
  };
  return {
    controller,
    fail,
    isOver: () => over,
    close: () => void (over = true),
    untilWanted: () => paused?.promise ?? Promise.resolve(),
  };
}
