import type { Agent as HttpAgent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Whether the collector can be reached. */
export interface Reach {
  /** For the exporters: the connections that are watched. */
  agent(protocol: string): Promise<HttpAgent>;
  /** Resolves with what went wrong once it cannot be reached any more, or still. */
  untilLost(): Promise<string>;
}

/** How long a collector that could not be reached has to be back. */
const graceMs = 150;

/** The exporters try again for seconds and do not say so, which the end of a process must not wait for. */
export function watchReach(): Reach {
  let problem: string | undefined;
  let onLost = (_problem: string) => {};
  return {
    async agent(protocol) {
      const { Agent } = protocol === "https:" ? await import("node:https") : await import("node:http");
      const agent: HttpAgent = new Agent({ keepAlive: true });
      const connect = agent.createConnection.bind(agent);
      agent.createConnection = (options, callback) => {
        const socket = connect(options, callback);
        let isConnected = false;
        socket?.once("connect", () => {
          isConnected = true;
          problem = undefined;
        });
        socket?.once("error", ({ message }) => {
          if (isConnected) return; // an idle connection that was closed is opened again
          problem = message;
          onLost(message);
        });
        return socket;
      };
      return agent;
    },
    async untilLost() {
      const { promise, resolve } = Promise.withResolvers<string>();
      onLost = resolve;
      if (problem !== undefined) {
        await delay(graceMs);
        if (problem !== undefined) return problem;
      }
      return promise;
    },
  };
}
