/** A process that runs an endless statement of SQLite over the database `a.db` of a folder, and tells who does it. */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { openDatabases } from "../../src/data/databases.ts";
import { openDatasets } from "../../src/data/dataset.ts";
import { openFiles } from "../../src/data/files.ts";

const [, , root = ""] = process.argv;
const workspace = join(root, ".axoner");
const files = await openFiles({ roots: [root], workspace, allowWrite: [] });
const databases = openDatabases({ urls: {}, files, datasets: openDatasets(workspace), workspace, environment: {} });
const sql = "with recursive s(n) as (select 1 union all select n + 1 from s) select max(n) from s";
const request = { database: "sqlite:a.db", sql, params: [], limit: 1, keep: () => false, origin: {} };
databases.query(request, { signal: new AbortController().signal }).catch(() => undefined);
let pids = "";
while (pids === "") {
  await delay(50);
  pids = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")).trim();
}
await delay(700);
process.send?.({ pid: Number(pids) });
