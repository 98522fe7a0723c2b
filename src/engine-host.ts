/** Entry of the engine process: serves the configuration's tools on the channel it was given, and ends with its caller. */
import { Socket } from "node:net";
import { engineChannel } from "./engine/host.ts";
import { serveEngine } from "./engine/wire.ts";
import type { Config } from "./config.ts";
import { openToolEngine } from "./runtime.ts";

const channel = new Socket({ fd: engineChannel, readable: true, writable: true });
serveEngine(
  channel,
  async (settings) => openToolEngine(settings as unknown as Config), // whoever started this process has just resolved it
  () => process.exit(0),
);
