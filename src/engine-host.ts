/** Entry of the engine process: serves the configuration's tools on the channel it was given, and ends with its caller. */
import { Socket } from "node:net";
import { engineChannel } from "./engine/host.ts";
import { serveEngine } from "./engine/wire.ts";
import { configSchema } from "./config.ts";
import { openToolEngine } from "./runtime.ts";

const channel = new Socket({ fd: engineChannel, readable: true, writable: true });
serveEngine(
  channel,
  async (settings) => openToolEngine(configSchema.parse(settings)),
  () => process.exit(0),
);
