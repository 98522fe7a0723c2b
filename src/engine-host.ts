/**
 * Entry of the engine process: serves the configuration's tools on the channel it was given, and ends with its caller;
 * or, started as the shared engine, serves whoever finds it in its place.
 */
import { childEnvironment } from "./config/child-environment.ts";
import { startSqlChildEarly } from "./data/sql/start-child.ts";
import { sharedEngine, startsSql } from "./engine/channel.ts";

const [, , kind, folder, name] = process.argv;

// SQL takes longer to start than this process to load: it is started first, before there is an engine.
const sqlChild = process.argv.includes(startsSql) ? startSqlChildEarly(childEnvironment()) : undefined;
if (kind === sharedEngine && folder !== undefined && name !== undefined) {
  await (await import("./shared-process.ts")).shareProcess(folder, name, sqlChild);
} else {
  (await import("./engine-process.ts")).serveProcess(sqlChild);
}
