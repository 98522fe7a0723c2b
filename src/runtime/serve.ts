import { readConfig } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { serveStdio } from "../mcp/serve-stdio.ts";
import { once } from "../once.ts";
import { openEngine } from "../runtime.ts";
import { loadApi } from "../telemetry/api.ts";
import type { Tool } from "../tools/tool.ts";

export interface ServeOptions {
  tools: readonly Tool[];
  /** What clients show as the server's name; default `axoner`. */
  name?: string;
  version?: string;
  /** Told to the model by clients that do. */
  instructions?: string;
  /** axoner's options for the services tools may call, as on a command line; default none. */
  argv?: readonly string[];
}

/**
 * Serve tools of one's own over MCP on stdin and stdout, until the client is done or gone. Where the program has set
 * OpenTelemetry up, each call is a span of the client's trace.
 *
 * @returns the exit code the process should end with
 * @throws ConfigError for options that cannot be used
 */
export async function serve({
  tools,
  name = "axoner",
  version = "0.0.0",
  instructions,
  argv = [],
}: ServeOptions): Promise<number> {
  const { config, rest } = readConfig(argv);
  if (rest[0] !== undefined) throw new ConfigError(`serve: argv holds "${rest[0]}", which is no option of axoner`);
  const engine = openEngine(tools, config);
  const trace = once(async () => {
    if ((await loadApi()) === undefined) return undefined;
    return (await import("../telemetry/calls.ts")).traceToolCalls(config.telemetry.content);
  });
  return serveStdio({
    name,
    version,
    ...(instructions === undefined ? {} : { instructions }),
    hasCatalogue: false,
    backend: async () => ({ definitions: () => engine.definitions(), engine, trace: await trace.get() }),
    check: () => Promise.resolve(),
    close: () => engine.close(),
  });
}
