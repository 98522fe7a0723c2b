import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openChartRenderer, type ChartRenderer } from "../../src/data/chart/renderer.ts";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
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
  charts: ChartRenderer;
  /** Write a file inside the root; gives its absolute path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  call(tool: Tool, input: JsonObject, signal?: AbortSignal): Promise<ToolResult>;
  /** Call a tool that must succeed. */
  value(tool: Tool, input: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

export async function openDataFolder(
  limits: { memoryLimitMb?: number; diskLimitMb?: number } = {},
): Promise<DataFolder> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "axoner-data-")));
  const workspace = join(root, ".axoner");
  const files = await openFiles({ roots: [root], workspace, allowWrite: [] });
  const datasets = openDatasets(workspace);
  const sql = openSqlEngine({ files, datasets, workspace, environment: {}, memoryLimitMb: 512, ...limits });
  const charts = openChartRenderer();
  const never = () => {
    throw new Error("these tests neither fetch nor calculate");
  };
  const others: Pick<Services, "math" | "web"> = {
    math: { evaluate: never, close: never },
    web: { scrape: never, checkSelectors: never, close: never },
  };
  const services: Services = { files, datasets, sql, charts, ...others };

  async function call(tool: Tool, input: JsonObject, signal = new AbortController().signal): Promise<ToolResult> {
    const context: ToolContext = { signal, progress: () => undefined, services };
    return await tool.call(input, context);
  }

  return {
    root,
    workspace,
    files,
    datasets,
    sql,
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
      await Promise.all([sql.close(), charts.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}
