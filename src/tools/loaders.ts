import type { ToolLoader } from "./lazy-tool.ts";
import type { ReadRowsInput } from "./read-page.ts";
import type { QueryInput } from "./run-query.ts";

/** The tools that come with axoner, in the order clients list them. */
export const toolLoaders = {
  scrape: { needs: "pages", load: async () => (await import("./scrape.ts")).scrape },
  crawl: { needs: "pages", load: async () => (await import("./crawl.ts")).crawl },
  web_search: { load: async () => (await import("./web-search.ts")).webSearch },
  profile_data: { needs: "sql", load: async () => (await import("./profile-data.ts")).profileData },
  query_data: {
    needs: "sql",
    load: async () => (await import("./query-data.ts")).queryData,
    async loadRun() {
      const { runQuery } = await import("./run-query.ts");
      return (input, context) => runQuery(input as unknown as QueryInput, context);
    },
  },
  query_database: { load: async () => (await import("./query-database.ts")).queryDatabase },
  read_rows: {
    load: async () => (await import("./read-rows.ts")).readRows,
    async loadRun() {
      const { readRowsPage } = await import("./read-page.ts");
      return (input, context) => readRowsPage(input as unknown as ReadRowsInput, context);
    },
  },
  export_data: { needs: "sql", load: async () => (await import("./export-data.ts")).exportData },
  chart: { load: async () => (await import("./chart.ts")).chart },
  calculate: {
    load: async () => (await import("./calculate.ts")).calculate,
    loadRun: () =>
      Promise.resolve(({ expression }, { services, signal }) => services.math.evaluate(String(expression), signal)),
  },
} satisfies Record<string, ToolLoader>;
