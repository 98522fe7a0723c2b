/**
 * Entry of the engine process: serves the configuration's tools on the channel it was given, and ends with its caller;
 * or, started as the shared engine, serves whoever finds it in its place.
 */
import { childEnvironment } from "./config/child-environment.ts";
import { adoptSqlProcess } from "./data/sql/sql-process.ts";
import { startSqlChildEarly } from "./data/sql/start-child.ts";
import { adoptsSql, sharedEngine, startsPages, startsSql } from "./engine/channel.ts";
import { startPageThreadEarly } from "./web/start-page-thread.ts";

const [, , kind, folder, name] = process.argv;

// These take longer to start than this process to load: what is needed is started first, before there is an engine.
const sqlPid = process.argv.find((argument) => argument.startsWith(adoptsSql))?.slice(adoptsSql.length);
const started = {
  sqlChild:
    sqlPid !== undefined
      ? adoptSqlProcess(Number(sqlPid))
      : process.argv.includes(startsSql)
        ? startSqlChildEarly(childEnvironment())
        : undefined,
  pageThread: process.argv.includes(startsPages) ? startPageThreadEarly() : undefined,
};
if (kind === sharedEngine && folder !== undefined && name !== undefined) {
  await (await import("./shared-process.ts")).shareProcess(folder, name, started);
} else {
  (await import("./engine-process.ts")).serveProcess(started);
}
