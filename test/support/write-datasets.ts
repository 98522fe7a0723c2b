/** Writes datasets into a workspace until it is killed, and says so once it has begun. */
import { openDatasets } from "../../src/data/dataset.ts";

const datasets = openDatasets(process.argv[2] ?? "");
for (let made = 0; ; made++) {
  const writer = await datasets.create([{ name: "n", type: "BIGINT" }], "loop");
  for (let row = 0; row < 2_000; row++) await writer.write([row]);
  await writer.finish({});
  if (made === 0) process.send?.("begun");
}
