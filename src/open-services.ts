import { childEnvironment, type Config } from "./config.ts";
import { openDatasets } from "./data/dataset.ts";
import { openFiles } from "./data/files.ts";
import { once } from "./once.ts";
import type { Services } from "./tools/services.ts";
import { version } from "./version.ts";

export interface OpenServices {
  services: Services;
  close(): Promise<void>;
}

/** What tools call, opened from the configuration: the files at once, every other part by its first use. */
export async function openServices(config: Config): Promise<OpenServices> {
  const visitor = { allowPrivate: config.allow_private, userAgent: `axoner/${version}` };
  const downloader = once(async () => (await import("./web/download.ts")).openDownloader(visitor));
  const files = await openFiles({
    roots: config.roots,
    workspace: config.workspace,
    allowWrite: config.allow_write,
    privatePaths: config.private_paths,
    downloader: downloader.get,
  });
  const datasets = openDatasets(config.workspace);
  const { workspace } = config;
  const cacheFolder = async () => (await import("./data/workspace.ts")).openWorkspace(workspace).folder("cache");
  const shared = { files, datasets, workspace, environment: childEnvironment() };
  const others = {
    sql: lazySql(async () => (await import("./data/sql.ts")).openSqlEngine(shared)),
    databases: lazyDatabases(async () =>
      (await import("./data/databases.ts")).openDatabases({ ...shared, urls: config.databases }),
    ),
    charts: lazyCharts(async () => (await import("./data/chart/renderer.ts")).openChartRenderer()),
    web: lazyScraper(async () => (await import("./web/scrape.ts")).openScraper({ ...visitor, cacheFolder })),
    search: lazySearch(async () =>
      (await import("./web/search/search.ts")).openSearch({ ...visitor, secrets: config.secrets }),
    ),
    math: lazyMath(async () => (await import("./math/evaluate.ts")).openMathEngine()),
  };
  return {
    services: { files, datasets, ...others },
    async close() {
      (await downloader.opened())?.close();
      await Promise.all(Object.values(others).map((service) => service.close()));
    },
  };
}

function lazySql(open: () => Promise<Services["sql"]>): Services["sql"] {
  const sql = once(open);
  return {
    query: async (request, options) => (await sql.get()).query(request, options),
    prepare() {
      // Where this fails the statement itself does, and says so.
      sql.get().then(
        (opened) => opened.prepare(),
        () => undefined,
      );
    },
    close: async () => (await sql.opened())?.close(),
  };
}

function lazyDatabases(open: () => Promise<Services["databases"]>): Services["databases"] {
  const databases = once(open);
  return {
    query: async (request, options) => (await databases.get()).query(request, options),
    close: async () => (await databases.opened())?.close(),
  };
}

function lazyCharts(open: () => Promise<Services["charts"]>): Services["charts"] {
  const charts = once(open);
  return {
    draw: async (task, signal) => (await charts.get()).draw(task, signal),
    prepare(signal) {
      // Where this fails the picture itself does, and says so.
      charts.get().then(
        (opened) => opened.prepare(signal),
        () => undefined,
      );
    },
    close: async () => (await charts.opened())?.close(),
  };
}

function lazyScraper(open: () => Promise<Services["web"]>): Services["web"] {
  const web = once(open);
  return {
    async *scrape(request, signal) {
      yield* (await web.get()).scrape(request, signal);
    },
    checkSelectors: async (css, signal) => (await web.get()).checkSelectors(css, signal),
    close: async () => (await web.opened())?.close(),
  };
}

function lazySearch(open: () => Promise<Services["search"]>): Services["search"] {
  const search = once(open);
  return {
    search: async (query, signal) => (await search.get()).search(query, signal),
    close: async () => (await search.opened())?.close(),
  };
}

function lazyMath(open: () => Promise<Services["math"]>): Services["math"] {
  const math = once(open);
  return {
    evaluate: async (expression, signal) => (await math.get()).evaluate(expression, signal),
    close: async () => (await math.opened())?.close(),
  };
}
