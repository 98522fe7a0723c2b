import { expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { tools } from "../../src/tools/index.ts";
import { toolLoaders } from "../../src/tools/loaders.ts";
import type { ToolResult } from "../../src/tools/tool.ts";
import { openDataFolder } from "../support/data-folder.ts";

test("every tool is listed as it is defined, in the same order", async () => {
  const defined = await Promise.all(Object.values(toolLoaders).map(({ load }) => load()));
  const shown = (all: typeof tools) => all.map(({ call: _call, ...definition }) => definition);
  expect(shown(tools)).toEqual(shown(defined));
});

type Loader = "read_rows" | "query_data";

test.each<[Loader, string, JsonObject]>([
  ["read_rows", "valid as it is", { source: "a.csv", limit: 1 }],
  ["read_rows", "valid once repaired", { source: "a.csv", limit: "1", columns: null }],
  ["read_rows", "with a column that is not there", { source: "a.csv", columns: ["c"] }],
  ["read_rows", "with an argument that is not there", { source: "a.csv", colums: ["a"] }],
  ["read_rows", "out of range", { source: "a.csv", limit: 0 }],
  ["read_rows", "of a file that is not there", { source: "b.csv" }],
  ["query_data", "valid as it is", { sql: "select * from 'a.csv'" }],
  ["query_data", "valid once repaired", { sql: "select * from 'a.csv'", limit: "1", save_as: null }],
  ["query_data", "whose result is kept", { sql: "select * from 'a.csv'", limit: 1, save_as: "kept" }],
  ["query_data", "with an argument that is not there", { sql: "select 1", rows: 1 }],
  ["query_data", "out of range", { sql: "" }],
  ["query_data", "of a file that is not there", { sql: "select * from 'b.csv'" }],
])("%s answers an input %s as its definition does", async (name, _what, input) => {
  const folder = await openDataFolder();
  await folder.write("a.csv", "a,b\n1,2\n3,4\n");
  const lazy = tools.find((tool) => tool.name === name);
  if (lazy === undefined) throw new Error(`${name} is not there`);
  const defined = await toolLoaders[name].load();
  expect(comparable(await folder.call(lazy, input))).toEqual(comparable(await folder.call(defined, input)));
  await folder.close();
});

/** Without what differs from call to call. */
function comparable(result: ToolResult): unknown {
  if (!result.ok) return result;
  const { elapsed_ms: _elapsed, dataset: _dataset, dataset_path: _path, ...value } = result.value;
  return value;
}
