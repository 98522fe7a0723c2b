import type { SqlProcess } from "../data/sql/sql-process.ts";
import type { Config } from "../config.ts";
import { childEnvironment } from "../config/child-environment.ts";
import { openDatasets } from "../data/dataset.ts";
import { openFiles } from "../data/files.ts";
import type { StartRunner } from "../isolate/pool.ts";
import { once } from "../once.ts";
import type { Services } from "../tools/services.ts";
import { version } from "../version.ts";

export interface OpenServices {
  services: Services;
  close(): Promise<void>;
}

/** What takes longer to start than what speaks to it to be loaded, started already. */
export interface EarlyParts {
  /** A process for the first SQL statement. */
  sqlChild?: SqlProcess | undefined;
  /** A thread that reads pages. */
  pageThread?: StartRunner | undefined;
}

export interface StartedParts extends EarlyParts {
  /** What evaluates expressions; it closes with the others. */
  math: Services["math"];
}

/** What tools call, opened from the configuration: the files at once, every other part by its first use. */
export async function openServices(
  config: Config,
  { math, sqlChild, pageThread }: StartedParts,
): Promise<OpenServices> {
  const visitor = { allowPrivate: config.allow_private, userAgent: `axoner/${version}`, proxies: config.proxies };
  const downloader = once(async () => (await import("../web/download.ts")).openDownloader(visitor));
  const files = await openFiles({
    roots: config.roots,
    workspace: config.workspace,
    allowWrite: config.allow_write,
    privatePaths: config.private_paths,
    downloader: downloader.get,
  });
  const datasets = openDatasets(config.workspace);
  const { workspace } = config;
  const cacheFolder = async () => (await import("../data/workspace.ts")).openWorkspace(workspace).folder("cache");
  const environment = childEnvironment();
  const browser = { path: config.browser, environment };
  const shared = { files, datasets, workspace, environment };
  const others = {
    sql: lazySql({
      start: async () => sqlChild ?? (await import("../data/sql/start-child.ts")).startSqlChildEarly(environment),
      open: async (firstChild) => (await import("../data/sql.ts")).openSqlEngine({ ...shared, firstChild }),
    }),
    databases: lazyDatabases(async () =>
      (await import("../data/databases.ts")).openDatabases({ ...shared, urls: config.databases }),
    ),
    charts: lazyCharts(async () => (await import("../data/chart/renderer.ts")).openChartRenderer()),
    web: lazyScraper(async () =>
      (await import("../web/scrape.ts")).openScraper({ ...visitor, cacheFolder, browser, pageThread }),
    ),
    search: lazySearch(async () =>
      (await import("../web/search/search.ts")).openSearch({ ...visitor, secrets: config.secrets }),
    ),
    math,
  };
  return {
    services: { files, datasets, ...others },
    async close() {
      (await downloader.opened())?.close();
      await Promise.all(Object.values(others).map((service) => service.close()));
    },
  };
}

interface LazySql {
  /** Start the process of the first statement, which takes longer than to load what speaks to it. */
  start: () => Promise<SqlProcess>;
  open: (firstChild: SqlProcess | undefined) => Promise<Services["sql"]>;
}

function lazySql({ start, open }: LazySql): Services["sql"] {
  let isOpened = false;
  const first = once(start);
  const sql = once(async () => {
    isOpened = true;
    return await open(await first.opened());
  });
  const prepare = async () => {
    if (!isOpened) await first.get();
    (await sql.get()).prepare();
  };
  return {
    query: async (request, options) => (await sql.get()).query(request, options),
    // Where this fails the statement itself does, and says so.
    prepare: () => void prepare().catch(() => undefined),
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
    prepare: (signal) => prepareOpened(charts.get(), (opened) => opened.prepare(signal)),
    close: async () => (await charts.opened())?.close(),
  };
}

function lazyScraper(open: () => Promise<Services["web"]>): Services["web"] {
  const web = once(open);
  return {
    async *scrape(request, signal) {
      yield* (await web.get()).scrape(request, signal);
    },
    crawl: async (request, signal) => (await web.get()).crawl(request, signal),
    checkSelectors: async (css, signal) => (await web.get()).checkSelectors(css, signal),
    prepare: () => prepareOpened(web.get(), (opened) => opened.prepare()),
    close: async () => (await web.opened())?.close(),
  };
}

/** Where a service cannot be opened the call itself fails, and says so. */
function prepareOpened<Service>(opening: Promise<Service>, prepare: (opened: Service) => void): void {
  opening.then(prepare, () => undefined);
}

function lazySearch(open: () => Promise<Services["search"]>): Services["search"] {
  const search = once(open);
  return {
    search: async (query, signal) => (await search.get()).search(query, signal),
    close: async () => (await search.opened())?.close(),
  };
}
