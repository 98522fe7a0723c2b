import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openDatabases, type Databases } from "../../src/data/databases.ts";
import { openChartRenderer, type ChartRenderer } from "../../src/data/chart/renderer.ts";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import type { Downloader } from "../../src/download.ts";
import { openFiles, type Files } from "../../src/data/files.ts";
import { openSqlEngine, type SqlEngine } from "../../src/data/sql.ts";
import type { JsonObject } from "../../src/message.ts";
import type { Services } from "../../src/tools/services.ts";
import type { Tool, ToolContext, ToolResult } from "../../src/tools/tool.ts";

/** A root with a workspace in it, and the data services over both. Whoever opens one closes it. */
export interface DataFolder {
  root: string;
  workspace: string;
  files: Files;
  datasets: Datasets;
  sql: SqlEngine;
  databases: Databases;
  charts: ChartRenderer;
  /** Write a file inside the root; gives its absolute path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  call(tool: Tool, input: JsonObject, signal?: AbortSignal, progress?: ToolContext["progress"]): Promise<ToolResult>;
  /** Call a tool that must succeed. */
  value(tool: Tool, input: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

/** No statement takes so long that copies of its sources are kept. */
const noCopiesMs = 1e9;

export interface DataFolderOptions {
  memoryLimitMb?: number;
  diskLimitMb?: number;
  keepAfterMs?: number;
  keepLargeAfterMs?: number;
  quietMs?: number;
  /** Fetches files of the web; without it they are refused. */
  downloader?: Downloader;
  /** Databases by their names. */
  urls?: Record<string, string>;
}

export async function openDataFolder({
  downloader,
  urls = {},
  ...limits
}: DataFolderOptions = {}): Promise<DataFolder> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "axoner-data-")));
  const workspace = join(root, ".axoner");
  const fetching = downloader === undefined ? {} : { downloader: () => Promise.resolve(downloader) };
  const files = await openFiles({ roots: [root], workspace, allowWrite: [], ...fetching });
  const datasets = openDatasets(workspace);
  const sql = openSqlEngine({
    files,
    datasets,
    workspace,
    environment: {},
    memoryLimitMb: 512,
    keepAfterMs: noCopiesMs,
    ...limits,
  });
  const databases = openDatabases({ urls, files, datasets, workspace, environment: {}, ...limits });
  const charts = openChartRenderer();
  const never = () => {
    throw new Error("these tests neither fetch nor calculate");
  };
  const others: Pick<Services, "math" | "web" | "search"> = {
    math: { evaluate: never, close: never },
    web: { scrape: never, crawl: never, checkSelectors: never, prepare: never, close: never },
    search: { search: never, close: never },
  };
  const services: Services = { files, datasets, sql, databases, charts, ...others };

  async function call(
    tool: Tool,
    input: JsonObject,
    signal = new AbortController().signal,
    progress: ToolContext["progress"] = () => undefined,
  ): Promise<ToolResult> {
    return await tool.call(input, { signal, progress, services });
  }

  return {
    root,
    workspace,
    files,
    datasets,
    sql,
    databases,
    charts,
    async write(name, content) {
      const path = join(root, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    call,
    async value(tool, input) {
      const result = await call(tool, input);
      if (!result.ok) throw new Error(`${tool.name} failed: ${result.code}: ${result.message}`);
      return result.value;
    },
    async close() {
      await Promise.all([sql.close(), databases.close(), charts.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}
