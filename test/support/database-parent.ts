/** A process that runs a statement on a database, and tells who works for it; a process of its own for SQLite. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabases } from "../../src/data/databases.ts";
import { openDatasets } from "../../src/data/dataset.ts";
import { openFiles } from "../../src/data/files.ts";

const [root = "", database = "", sql = "", url = ""] = process.argv.slice(2);
const workspace = join(root, ".axoner");
const files = await openFiles({ roots: [root], workspace, allowWrite: [] });
const urls = url === "" ? {} : { [database]: url };
const databases = openDatabases({ urls, files, datasets: openDatasets(workspace), workspace, environment: {} });
const request = { database, sql, params: [], limit: 1, keep: () => false, origin: {} };
databases.query(request, { signal: new AbortController().signal }).catch(() => undefined);
await delay(1_000);
const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
process.send?.({ pid: Number(children.trim().split(" ")[0]) });
