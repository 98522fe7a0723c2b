import { ToolError } from "../../errors.ts";
import { isWebAddress } from "./web-address.ts";
import type { WebFiles } from "./web-files.ts";

/**
 * Fetches what a statement reads of the web between two attempts to run it: only its parser says which files these
 * are, and no SQL process shall wait for them, nor the time of the statement run.
 */
export interface Fetching {
  /** @throws ToolError where some of the tables are not fetched yet; `around` then fetches them */
  require(tables: readonly string[]): void;
  /** Run something that calls `require`, again once what was missing is there. */
  around<Result>(run: () => Promise<Result>): Promise<Result>;
}

export function openFetching(web: WebFiles): Fetching {
  let missing: string[] = [];
  return {
    require(tables) {
      missing = tables.filter((table) => isWebAddress(table) && !web.has(table));
      if (missing.length > 0) throw new ToolError("unavailable", `${missing[0]} is not fetched yet`);
    },
    async around(run) {
      try {
        return await run();
      } catch (thrown) {
        if (missing.length === 0) throw thrown;
        await Promise.all(missing.map((table) => web.get(table)));
        return await run();
      }
    },
  };
}
