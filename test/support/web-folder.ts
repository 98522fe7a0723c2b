import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../src/message.ts";
import { queryData } from "../../src/tools/query-data.ts";
import type { ToolResult } from "../../src/tools/tool.ts";
import { openDownloader } from "../../src/web/download.ts";
import { openDataFolder, type DataFolder, type DataFolderOptions } from "./data-folder.ts";
import { openSite, reply, type Route, type Site } from "./site.ts";

/** A data folder that may fetch files from a site. Whoever opens one closes it. */
export interface WebFolder extends DataFolder {
  site: Site;
  /** Put something on the site; gives its address. */
  serve(path: string, route: Route): string;
  /** Put a file on the site; gives its address. */
  served(path: string, body: Uint8Array | string, headers?: Record<string, string>): string;
  /** All rows of a file, by `query_data`. */
  all(address: string): Promise<JsonObject>;
  failing(address: string): Promise<ToolResult>;
  /** The names of the files in a folder of the workspace. */
  workspaceFiles(name: string): Promise<string[]>;
}

export async function openWebFolder(limits: Pick<DataFolderOptions, "keepAfterMs"> = {}): Promise<WebFolder> {
  const routes: Record<string, Route | string> = {};
  const site = await openSite(routes);
  const downloader = openDownloader({
    allowPrivate: [site.host],
    userAgent: "axoner/test",
    stallMs: 1_000,
    deadlineMs: 1_800,
  });
  const folder = await openDataFolder({ downloader, ...limits });
  const serve = (path: string, route: Route) => {
    routes[path] = route;
    return site.origin + path;
  };
  return {
    ...folder,
    site,
    serve,
    served: (path, body, headers = {}) =>
      serve(path, reply(body, { "content-type": "application/octet-stream", ...headers })),
    all: (address) => folder.value(queryData, { sql: `from '${address}'` }),
    failing: (address) => folder.call(queryData, { sql: `from '${address}'` }),
    workspaceFiles: (name) => readdir(join(folder.workspace, name)).catch(() => []),
    async close() {
      downloader.close();
      await folder.close();
      await site.close();
    },
  };
}
