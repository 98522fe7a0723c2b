/** The files that start a process or a thread of their own, in the source tree and in the build. */
const entries = {
  cli: "cli.ts",
  "mcp-server": "mcp-server.ts",
  "engine-host": "engine-host.ts",
  "sql-child": "data/sql/sql-child.ts",
  "sqlite-child": "data/databases/sqlite-child.ts",
  "page-worker": "web/page-worker.ts",
  "page-child": "web/page-child.ts",
  "pdf-worker": "web/pdf/pdf-worker.ts",
  "math-worker": "math/math-worker.ts",
  "chart-worker": "data/chart/chart-worker.ts",
} as const;

export type Entry = keyof typeof entries;

/** Where an entry lies: beside this file as TypeScript when run from source, as one flat `.js` file in the build. */
export function entryUrl(entry: Entry): URL {
  return new URL(import.meta.url.endsWith(".ts") ? entries[entry] : `${entry}.js`, import.meta.url);
}
