import type { Dataset, Datasets } from "./data/dataset.ts";
import type { Resource, ResourceSource } from "./mcp/protocol-server.ts";

const scheme = "axoner://dataset/";
const maxListed = 200;

/** The workspace's datasets as MCP resources `axoner://dataset/ds_…`: columns, size, origin and the file's path. */
export function datasetResources(datasets: Datasets): ResourceSource {
  return {
    list: async () => (await datasets.list(maxListed)).map(toResource),
    async read(uri) {
      if (!uri.startsWith(scheme)) return undefined;
      const dataset = await datasets.find(uri.slice(scheme.length));
      return dataset === undefined ? undefined : JSON.stringify(dataset, null, 2);
    },
  };
}

function toResource({ id, name, rowCount, columns, createdAt }: Dataset): Resource {
  const shown = columns.slice(0, 12).map((column) => column.name);
  const more = columns.length > shown.length ? ", …" : "";
  return {
    uri: scheme + id,
    name: name ?? id,
    description: `${rowCount} rows of ${shown.join(", ")}${more}; made ${createdAt}`,
  };
}
