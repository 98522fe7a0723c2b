import { Socket } from "node:net";
import type { Config } from "./config.ts";
import { engineChannel } from "./engine/channel.ts";
import { serveEngine } from "./engine/wire.ts";
import { openToolEngine } from "./runtime.ts";
import type { EarlyParts } from "./runtime/open-services.ts";

/** What an engine process does for whoever started it, once it is loaded. */
export function serveProcess(started: EarlyParts): void {
  const channel = new Socket({ fd: engineChannel, readable: true, writable: true });
  serveEngine(
    channel,
    async (settings) => openToolEngine(settings as unknown as Config, started), // whoever started this process has just resolved it
    () => process.exit(0),
  );
}
