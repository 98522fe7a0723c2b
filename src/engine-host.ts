/** Entry of the engine process: serves the configuration's tools on the channel it was given, and ends with its caller. */
import { childEnvironment } from "./config/child-environment.ts";
import { startSqlChildEarly } from "./data/sql/start-child.ts";
import { startsSql } from "./engine/channel.ts";

// SQL takes longer to start than this process to load: it is started first, before there is an engine.
const sqlChild = process.argv.includes(startsSql) ? startSqlChildEarly(childEnvironment()) : undefined;
const { serveProcess } = await import("./engine-process.ts");
serveProcess(sqlChild);
