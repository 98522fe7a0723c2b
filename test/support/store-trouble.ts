import { setTimeout as delay } from "node:timers/promises";
import type { SessionStore } from "../../src/session/store.ts";
import { openCuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { appendOf, appendsOf } from "./session-kills.ts";

/** What happens to a server, or to the line to it, in the middle of appends. */
export interface Trouble {
  name: string;
  make(proxy: CuttingProxy): Promise<void>;
}

export function lineTroubles(holdMs: number): Trouble[] {
  return [
    {
      name: "cut off",
      async make(proxy) {
        proxy.cut();
      },
    },
    {
      name: "held for a while",
      async make(proxy) {
        proxy.hold();
        await delay(holdMs);
        proxy.release();
      },
    },
  ];
}

interface TroubleOptions {
  serverPort: number;
  /** The store, reached through this port of the machine. */
  open(port: number): Promise<SessionStore>;
  times: number;
  largeBytes: number;
}

/**
 * Append while a server has trouble: so many times, each at a random moment. Every append must be acknowledged, or the
 * store has given up on a server that was soon there again; and all must be there, in order and once.
 *
 * @returns how many appends were made, and what is wrong, a sentence each
 */
export async function appendInTrouble(
  trouble: Trouble,
  { serverPort, open, times, largeBytes }: TroubleOptions,
): Promise<{ appends: number; problems: string[] }> {
  const proxy = await openCuttingProxy(serverPort);
  const store = await open(proxy.port);
  const session = `trouble-${trouble.name.replaceAll(/[^a-z]/g, "-")}`;
  const state = { appends: 0, isOver: false };
  const threeMore = async () => {
    const enough = state.appends + 3;
    while (state.appends < enough) await delay(5);
  };
  try {
    const appending = (async () => {
      for (; !state.isOver; state.appends++) {
        await store.append(session, 2 * state.appends, appendOf("red", state.appends, largeBytes));
      }
    })();
    const making = (async () => {
      for (let time = 0; time < times; time++) {
        await threeMore();
        await delay(Math.random() * 50);
        await trouble.make(proxy);
      }
      await threeMore();
      state.isOver = true;
    })();
    await Promise.all([appending, Promise.race([making, appending])]);
    const { appends } = state;
    const messages = (await store.load(session))?.messages ?? [];
    const { found, problems } = appendsOf("red", messages, largeBytes);
    if (found !== appends) problems.push(`${appends} appends were acknowledged and ${found} are there`);
    return { appends, problems };
  } finally {
    state.isOver = true;
    await store.close();
    await proxy.close();
  }
}
