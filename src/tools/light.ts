import { calculate } from "./calculate.ts";
import { readRows } from "./read-rows.ts";
import type { Tool } from "./tool.ts";

/** The tools without the hint `long`: the server process runs them itself, so they load little and start fast. */
export const lightTools: readonly Tool[] = [readRows, calculate];
