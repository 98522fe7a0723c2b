import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import type { Config } from "./config.ts";
import { engineChannel } from "./engine/channel.ts";
import { serveEngine } from "./engine/wire.ts";
import { openToolEngine } from "./runtime.ts";

/** What an engine process does for whoever started it, once it is loaded. */
export function serveProcess(sqlChild: ChildProcess | undefined): void {
  const channel = new Socket({ fd: engineChannel, readable: true, writable: true });
  serveEngine(
    channel,
    async (settings) => openToolEngine(settings as unknown as Config, sqlChild), // whoever started this process has just resolved it
    () => process.exit(0),
  );
}
