/** Writes one growing dataset into a workspace until it is killed, and says so once it has begun. */
import { openDatasets } from "../../src/data/dataset.ts";

const columns = [
  { name: "n", type: "BIGINT" },
  { name: "text", type: "VARCHAR" },
];
const growing = await openDatasets(process.argv[2] ?? "").grow(columns, { origin: { tool: "test" }, saveAs: "loop" });
for (let n = 0; ; n++) {
  await growing.writeEncoded([`${n}`, `"${"x".repeat(5_000)}"`], { n });
  if (n === 20) process.send?.(growing.id);
}
