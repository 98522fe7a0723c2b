import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Config } from "../../src/config.ts";
import { readTelemetry } from "../../src/config/telemetry.ts";
import { readOptions } from "../../src/config/options.ts";

/** A folder that is removed when the test is done. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "axoner-test-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A configuration with one root and a workspace in it. */
export function configFor(root: string, changes: Partial<Config> = {}): Config {
  const folders = {
    roots: [root],
    workspace: join(root, ".axoner"),
    allow_write: [],
    plugins: [],
    databases: {},
    record_begun: false,
    agent_depth: 0,
    private_paths: [],
    proxies: { except: [] },
    telemetry: readTelemetry({}),
  };
  const { root: _root, plugin: _plugin, database: _database, ...options } = readOptions({});
  return { ...options, ...folders, secrets: {}, ...changes };
}
