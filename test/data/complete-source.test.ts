import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completeSource } from "../../src/data/complete-source.ts";
import { temporaryFolder } from "../support/config.ts";

function makeRoot() {
  const outside = temporaryFolder();
  writeFileSync(join(outside, "stolen.csv"), "a\n1\n");
  const root = temporaryFolder();
  for (const folder of ["sales", ".hidden", ".git", ".axoner/sessions", "pictures"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const file of [
    "sales/2024.csv",
    "sales/2025.csv.gz",
    ".hidden/seen.csv",
    "Sample.parquet",
    "axoner.json",
    "keys.json",
    "read.me",
    ".env.csv",
  ]) {
    writeFileSync(join(root, file), "a\n1\n");
  }
  writeFileSync(join(root, "odd\u001b[31m.csv"), "a\n1\n");
  symlinkSync(join(outside, "stolen.csv"), join(root, "stolen.csv"));
  symlinkSync(join(root, "Sample.parquet"), join(root, "same.parquet"));
  symlinkSync(outside, join(root, "away"));
  const places = { roots: [root], workspace: join(root, ".axoner"), privatePaths: [join(root, "keys.json")] };
  return { root, outside, complete: (started: string) => completeSource(started, places) };
}

test("names data files and folders, and nothing that is hidden, private or elsewhere", async () => {
  const { complete } = makeRoot();
  expect(await complete("")).toEqual(["Sample.parquet", "pictures/", "sales/", "same.parquet"]);
  expect(await complete("sa")).toEqual(["Sample.parquet", "sales/", "same.parquet"]);
  expect(await complete("sales/2")).toEqual(["sales/2024.csv", "sales/2025.csv.gz"]);
});

test.each([
  "../",
  "away/",
  "sales/../../",
  ".axoner/",
  ".hidden/",
  "sales/../.hidden/",
  "/etc/",
  "nowhere/",
  "read.me/",
  "\0",
  "a".repeat(5_000),
])("names nothing for %j", async (started) => {
  expect(await makeRoot().complete(started)).toEqual([]);
});

test("a path from the top is completed inside the roots", async () => {
  const { root, outside, complete } = makeRoot();
  expect(await complete(`${root}/sales/2024`)).toEqual([`${root}/sales/2024.csv`]);
  expect(await complete(`${outside}/`)).toEqual([]);
  expect(await completeSource("", { roots: [], workspace: outside, privatePaths: [] })).toEqual([]);
});

test("a root below a hidden folder is as any other", async () => {
  const root = join(temporaryFolder(), ".work");
  mkdirSync(root);
  writeFileSync(join(root, "a.csv"), "a\n1\n");
  const places = { roots: [root], workspace: join(root, ".axoner"), privatePaths: [] };
  expect(await completeSource(`${root}/`, places)).toEqual([`${root}/a.csv`]);
});
