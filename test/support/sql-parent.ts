/** A process that runs a statement in a SQL process of its own, and tells that one's id to whoever started it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openDatasets } from "../../src/data/dataset.ts";
import { openFiles } from "../../src/data/files.ts";
import { openSqlEngine } from "../../src/data/sql.ts";

const [root = "", sql = ""] = process.argv.slice(2);
const workspace = join(root, ".axoner");
const files = await openFiles({ roots: [root], workspace, allowWrite: [] });
const engine = openSqlEngine({ files, datasets: openDatasets(workspace), workspace, environment: {} });
void engine.query({ sql, limit: 1, origin: {} }, { signal: new AbortController().signal });
await delay(1_000);
const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
process.send?.({ pid: Number(children.trim().split(" ")[0]) });
