import type { Databases } from "../data/databases.ts";
import type { ChartRenderer } from "../data/chart/renderer.ts";
import type { Datasets } from "../data/dataset.ts";
import type { Files } from "../data/files.ts";
import type { SqlEngine } from "../data/sql.ts";
import type { MathEngine } from "../math/evaluate.ts";
import type { Scraper } from "../web/scrape.ts";
import type { Search } from "../web/search/search.ts";

/** The machinery that tools call. `runtime.ts` opens it from the configuration, each part on first use, and closes it. */
export interface Services {
  math: MathEngine;
  files: Files;
  datasets: Datasets;
  sql: SqlEngine;
  databases: Databases;
  charts: ChartRenderer;
  web: Scraper;
  search: Search;
}
