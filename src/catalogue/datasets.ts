import type { Dataset, Datasets } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import { ToolError } from "../errors.ts";
import type { Resource } from "../mcp/catalogue.ts";
import { toJson } from "../text/text.ts";
import { material, maxListed, variableOf, type Shelf } from "./shelf.ts";

const scheme = "axoner://dataset/";
const rowsEnd = "/rows";
const mimeType = "application/json";
const maxRows = 50;

const whole = {
  uriTemplate: `${scheme}{dataset}`,
  name: "dataset",
  title: "A dataset",
  description: `The columns, size, origin and file of a dataset, by its id or saved name. ${material}`,
  mimeType,
};

const firstRows = {
  uriTemplate: `${scheme}{dataset}${rowsEnd}`,
  name: "dataset-rows",
  title: "The first rows of a dataset",
  description: `The first ${maxRows} rows of a dataset, by its id or saved name. ${material}`,
  mimeType,
};

/**
 * The workspace's datasets: what each holds, its origin and its file at `axoner://dataset/ds_…`, its first rows at
 * `axoner://dataset/ds_…/rows`, which the tool `read_rows` reads. A saved name stands for its newest dataset.
 */
export function datasetShelf(datasets: Datasets, engine: Engine): Shelf {
  const readsRows = async () => (await engine.definitions()).some(({ name }) => name === "read_rows");
  const describe = async (handle: string) => {
    const dataset = await datasets.find(handle);
    return dataset && { mimeType, text: toJson({ note: material, ...dataset }, 2) };
  };
  const readRows = async (source: string, signal: AbortSignal) => {
    if (!(await readsRows()) || (await datasets.find(source)) === undefined) return undefined;
    const result = await engine.call("read_rows", { source, limit: maxRows }, { signal, progress: () => undefined });
    if (!result.ok) throw new ToolError("invalid_input", result.message);
    return { mimeType, text: toJson({ note: material, ...result.value }) };
  };
  return {
    templates: async () => ((await readsRows()) ? [whole, firstRows] : [whole]),
    list: async () => (await datasets.list(maxListed)).map(toResource),
    async read(uri, signal) {
      const [described, rows] = [variableOf(uri, scheme), variableOf(uri, scheme, rowsEnd)];
      if (rows !== undefined) return readRows(rows, signal);
      return described === undefined ? undefined : describe(described);
    },
    async complete(value) {
      const all = await datasets.list(maxListed);
      const names = all.flatMap(({ id, name }) => (name === undefined ? [id] : [name, id]));
      return [...new Set(names)].filter((name) => name.toLowerCase().startsWith(value.toLowerCase()));
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
    mimeType,
    lastModified: createdAt,
  };
}
