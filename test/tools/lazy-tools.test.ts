import { expect, test } from "vitest";
import { tools } from "../../src/tools/index.ts";
import { toolLoaders } from "../../src/tools/loaders.ts";
import { openDataFolder } from "../support/data-folder.ts";

const readRows = tools.find(({ name }) => name === "read_rows");
if (readRows === undefined) throw new Error("read_rows is not there");

test("every tool is listed as it is defined, in the same order", async () => {
  const defined = await Promise.all(Object.values(toolLoaders).map(({ load }) => load()));
  const shown = (all: typeof tools) => all.map(({ call: _call, ...definition }) => definition);
  expect(shown(tools)).toEqual(shown(defined));
});

test.each([
  ["valid as it is", { source: "a.csv", limit: 1 }],
  ["valid once repaired", { source: "a.csv", limit: "1", columns: null }],
  ["with a column that is not there", { source: "a.csv", columns: ["c"] }],
  ["with an argument that is not there", { source: "a.csv", colums: ["a"] }],
  ["out of range", { source: "a.csv", limit: 0 }],
  ["of a file that is not there", { source: "b.csv" }],
])("read_rows answers an input %s as its definition does", async (_name, input) => {
  const folder = await openDataFolder();
  await folder.write("a.csv", "a,b\n1,2\n3,4\n");
  const defined = await toolLoaders.read_rows.load();
  expect(await folder.call(readRows, input)).toEqual(await folder.call(defined, input));
  await folder.close();
});
