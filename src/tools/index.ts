/** The tools that come with axoner, in the order clients list them. */
import { calculate } from "./calculate.ts";
import { chart } from "./chart.ts";
import { exportData } from "./export-data.ts";
import { profileData } from "./profile-data.ts";
import { queryData } from "./query-data.ts";
import { queryDatabase } from "./query-database.ts";
import { readRows } from "./read-rows.ts";
import { scrape } from "./scrape.ts";
import type { Tool } from "./tool.ts";

export const tools: readonly Tool[] = [
  scrape,
  profileData,
  queryData,
  queryDatabase,
  readRows,
  exportData,
  chart,
  calculate,
];
