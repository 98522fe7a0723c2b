/**
 * Writes a dataset of rows that are there too early: 0, 1 and 2 in their place, 4, 5 and 7 ahead, all of it secure; then it
 * tells its parent the handle, and waits to be killed.
 */
import { openDatasets } from "../../src/data/dataset.ts";

const columns = [
  { name: "n", type: "BIGINT" },
  { name: "text", type: "VARCHAR" },
];
const row = (n: number) => [`${n}`, `"${"x".repeat(50_000)} "`];
const writer = await openDatasets(process.argv[2] ?? "").create(columns, "pages");
await writer.writeEncoded(row(0));
await writer.secure({ tool: "test" });
await writer.secureAhead([7, 2, 4].map((order) => ({ order, row: row(order) })));
for (const n of [1, 2]) await writer.writeEncoded(row(n));
const id = await writer.secure({ tool: "test" });
await writer.secureAhead([{ order: 5, row: row(5) }]);
process.send?.(id);
setInterval(() => {}, 60_000);
