import { link, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFiles, type Files } from "../../src/data/files.ts";

let base: string;
let files: Files;
const at = (name: string) => join(base, name);

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "axoner-files-")));
  await mkdir(at("one/sub"), { recursive: true });
  await mkdir(at("two"), { recursive: true });
  await mkdir(at("outside"));
  await mkdir(at("extra"));
  await writeFile(at("one/a.csv"), "a\n");
  await writeFile(at("one/sub/b.csv"), "b\n");
  await writeFile(at("one/sub/.hidden.csv"), "h\n");
  await writeFile(at("one/odd[1].csv"), "o\n");
  await writeFile(at("two/c.csv"), "c\n");
  await writeFile(at("outside/secret.csv"), "s\n");
  files = await openFiles({ roots: [at("one"), at("two")], workspace: at("one/.axoner"), allowWrite: [at("extra")] });
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

const found = async (source: string) => (await files.find(source)).map(({ path }) => path.slice(base.length + 1));

test("finds a path in each root in turn, a glob, and an absolute path", async () => {
  expect(await found("a.csv")).toEqual(["one/a.csv"]);
  expect(await found("./sub/../a.csv")).toEqual(["one/a.csv"]);
  expect(await found("c.csv")).toEqual(["two/c.csv"]);
  expect(await found(at("two/c.csv"))).toEqual(["two/c.csv"]);
  expect(await found("*.csv")).toEqual(["one/a.csv", "one/odd[1].csv"]);
  expect(await found("**/*.csv")).toEqual(["one/a.csv", "one/odd[1].csv", "one/sub/b.csv"]);
  expect(await found("sub/[ab].{csv,tsv}")).toEqual(["one/sub/b.csv"]);
  expect(await found(at("one/su?/*"))).toEqual(["one/sub/b.csv"]);
});

test("a file whose name looks like a glob is found by its name", async () => {
  expect(await found("odd[1].csv")).toEqual(["one/odd[1].csv"]);
});

test("finds what lies in the workspace's datasets and exports", async () => {
  await mkdir(at("one/.axoner/exports"), { recursive: true });
  await writeFile(at("one/.axoner/exports/e.csv"), "e\n");
  expect(await found("exports/e.csv")).toEqual(["one/.axoner/exports/e.csv"]);
});

test.each([
  ["../outside/secret.csv", "not_allowed"],
  ["sub/../../outside/secret.csv", "not_allowed"],
  ["../outside/nothing.csv", "not_allowed"],
  ["../outside/*.csv", "not_allowed"],
  ["/etc/passwd", "not_allowed"],
  ["/proc/self/environ", "not_allowed"],
  ["sub", "not_allowed"],
  ["nothing.csv", "not_found"],
  ["*.parquet", "not_found"],
  ["a.csv/b.csv", "not_found"],
  ["", "invalid_input"],
  ["a\0.csv", "invalid_input"],
  ["http://example.com/a.csv", "invalid_input"],
  ["file:///etc/passwd", "invalid_input"],
  ["**/../../outside/*.csv", "not_allowed"],
  ["x".repeat(300), "invalid_input"],
])("refuses %j as %s", async (source, code) => {
  await expect(files.find(source)).rejects.toMatchObject({ code });
});

test("follows a link that stays inside, refuses one that leads out, and leaves it out of a glob", async () => {
  await symlink(at("one/sub/b.csv"), at("one/inside.csv"));
  await symlink(at("outside/secret.csv"), at("one/out.csv"));
  await symlink(at("outside"), at("one/dir"));
  expect(await found("inside.csv")).toEqual(["one/sub/b.csv"]);
  await expect(files.find("out.csv")).rejects.toMatchObject({ code: "not_allowed" });
  await expect(files.find("dir/secret.csv")).rejects.toMatchObject({ code: "not_allowed" });
  expect(await found("*.csv")).toEqual(["one/a.csv", "one/sub/b.csv", "one/odd[1].csv"]);
});

test("refuses hard links, pipes and axoner's own files", async () => {
  await link(at("outside/secret.csv"), at("one/hard.csv"));
  execFileSync("/usr/bin/env", ["mkfifo", at("one/pipe.csv")]);
  await writeFile(at("one/axoner.json"), "{}");
  await mkdir(at("one/.axoner/sessions"), { recursive: true });
  await writeFile(at("one/.axoner/sessions/s.jsonl"), "{}\n");
  for (const source of [
    "hard.csv",
    "pipe.csv",
    "axoner.json",
    ".axoner/sessions/s.jsonl",
    "sessions/s.jsonl",
    ".axoner/sessions/*",
  ]) {
    await expect(files.find(source)).rejects.toMatchObject({
      code: expect.stringMatching(/not_(allowed|found)/) as string,
    });
  }
});

test("a file that was replaced by a link after it was found is not opened", async () => {
  const [file] = await files.find("a.csv");
  if (file === undefined) throw new Error("a.csv is there");
  await rm(at("one/a.csv"));
  await symlink(at("outside/secret.csv"), at("one/a.csv"));
  await expect(files.open(file)).rejects.toMatchObject({ code: "not_allowed" });
});

test("a folder that was replaced by a link after a file in it was found leads nowhere", async () => {
  const [file] = await files.find("sub/b.csv");
  if (file === undefined) throw new Error("b.csv is there");
  await writeFile(at("outside/b.csv"), "stolen\n");
  await rm(at("one/sub"), { recursive: true });
  await symlink(at("outside"), at("one/sub"));
  await expect(files.open(file)).rejects.toMatchObject({ code: "not_allowed" });
});

test("suggests the names that a misspelt one may have meant", async () => {
  await expect(files.find("sub/bb.csv")).rejects.toThrow(/did you mean 'b\.csv'/);
});

test("without a root, messages name --root", async () => {
  const rootless = await openFiles({ roots: [], workspace: at("state"), allowWrite: [] });
  await expect(rootless.find(at("one/a.csv"))).rejects.toThrow(/--root DIR/);
  await expect(rootless.find("a.csv")).rejects.toThrow(/--root DIR/);
});

test("a glob that would match thousands of files is too large", async () => {
  await mkdir(at("one/many"));
  await Promise.all(Array.from({ length: 2_001 }, (_, index) => writeFile(at(`one/many/${index}.csv`), "a\n")));
  await expect(files.find("many/*.csv")).rejects.toMatchObject({ code: "too_large" });
});

test("a glob of many stars is matched in no time", async () => {
  await writeFile(at(`one/${"a".repeat(200)}.csv`), "a\n");
  await expect(files.find(`${"*a".repeat(60)}*b`)).rejects.toMatchObject({ code: "not_found" });
});

test("an output appears whole, in the workspace, with its folders", async () => {
  const output = await files.create("reports/2026/out.csv");
  await writeFile(output.temporaryPath, "abc");
  expect(await readdir(at("one/.axoner/reports/2026"))).not.toContain("out.csv");
  expect(await output.commit()).toBe(3);
  expect(await readFile(at("one/.axoner/reports/2026/out.csv"), "utf8")).toBe("abc");
  expect(await readdir(at("one/.axoner/reports/2026"))).toEqual(["out.csv"]);
  expect((await stat(at("one/.axoner"))).mode & 0o077).toBe(0);
});

test("a discarded output leaves nothing, an allowed folder is written to, and a file there is replaced", async () => {
  const discarded = await files.create("x.csv");
  await writeFile(discarded.temporaryPath, "abc");
  await discarded.discard();
  expect(await readdir(at("one/.axoner"))).not.toContain("x.csv");
  await writeFile(at("extra/y.csv"), "old");
  const output = await files.create(at("extra/y.csv"));
  await writeFile(output.temporaryPath, "new");
  await output.commit();
  expect(await readFile(at("extra/y.csv"), "utf8")).toBe("new");
});

test.each([
  "../out.csv",
  "/tmp/out.csv",
  "sessions/x.jsonl",
  "Sessions/x.jsonl",
  "datasets/x.parquet",
  "jobs/../sessions/x",
  "tmp/x.csv",
  ".gitignore",
  ".hidden/x.csv",
  "axoner.json",
  "exports/axoner.json",
  "",
  ".",
  "x\0.csv",
])("does not write to %j", async (path) => {
  await expect(files.create(path)).rejects.toMatchObject({
    code: expect.stringMatching(/not_allowed|invalid_input/) as string,
  });
});

test("does not write through a link that leads out, nor over a folder", async () => {
  await mkdir(at("one/.axoner/exports"), { recursive: true });
  await symlink(at("outside"), at("one/.axoner/exports/link"));
  await symlink(at("one/.axoner/sessions"), at("one/.axoner/exports/own"));
  await mkdir(at("one/.axoner/sessions"));
  await expect(files.create("exports/link/x.csv")).rejects.toMatchObject({ code: "not_allowed" });
  await expect(files.create("exports/own/x.csv")).rejects.toMatchObject({ code: "not_allowed" });
  await mkdir(at("one/.axoner/exports/folder.csv"));
  await expect(files.create("exports/folder.csv")).rejects.toMatchObject({ code: "invalid_input" });
});

test("a workspace that is a link is neither read through nor written through", async () => {
  await symlink(base, at("one/.axoner"));
  await mkdir(at("exports"));
  for (const linked of [files, await openFiles({ roots: [at("one")], workspace: at("one/.axoner"), allowWrite: [] })]) {
    await expect(linked.find(at("outside/secret.csv"))).rejects.toMatchObject({ code: "not_allowed" });
    await expect(linked.find("outside/secret.csv")).rejects.toThrow(/workspace .* is a link/);
    await expect(linked.find(".axoner/outside/*.csv")).rejects.toThrow(/workspace .* is a link/);
    await expect(linked.create("exports/x.csv")).rejects.toThrow(/workspace .* is a link/);
    await expect(linked.create("x.csv")).rejects.toMatchObject({ code: "not_allowed" });
  }
  expect(await readdir(at("exports"))).toEqual([]);
  expect(await readdir(base)).not.toContain(".gitignore");
});

test("of a workspace outside the roots only datasets and exports are sources", async () => {
  const apart = await openFiles({ roots: [at("one")], workspace: at("extra"), allowWrite: [] });
  for (const name of ["extra/exports/e.csv", "extra/datasets/d.csv", "extra/notes.csv"]) {
    await mkdir(join(at(name), ".."), { recursive: true });
    await writeFile(at(name), "e\n");
  }
  expect(await apart.find("exports/e.csv")).toHaveLength(1);
  expect(await apart.find(at("extra/datasets/d.csv"))).toHaveLength(1);
  await expect(apart.find("notes.csv")).rejects.toMatchObject({ code: "not_allowed" });
  await expect(apart.find(at("extra/*.csv"))).rejects.toMatchObject({ code: "not_found" });
});

test("what workspaces keep for themselves, and what the configuration names, is private at any depth", async () => {
  const hidden = ["one/sub/.axoner/sessions/s.csv", "one/sub/.Axoner/Cache/c.csv", "one/sub/AXONER.json"];
  const named = ["one/sub/mine.csv", "one/store/s.csv"];
  for (const name of [...hidden, ...named]) {
    await mkdir(join(at(name), ".."), { recursive: true });
    await writeFile(at(name), "x\n");
  }
  const privatePaths = [at("one/sub/mine.csv"), at("one/store")];
  const guarded = await openFiles({
    roots: [at("one")],
    workspace: at("one/.axoner"),
    allowWrite: [at("one")],
    privatePaths,
  });
  for (const name of [...hidden, ...named]) {
    await expect(guarded.find(at(name))).rejects.toMatchObject({ code: "not_allowed" });
    await expect(guarded.create(at(name))).rejects.toMatchObject({ code: "not_allowed" });
  }
  const seen = (
    await Promise.all(
      ["sub/*", "sub/.axoner/sessions/*", "sub/.*/*/*", "**/*.csv"].map((glob) => guarded.find(glob).catch(() => [])),
    )
  ).flat();
  expect([...new Set(seen.map(({ path }) => path))]).toEqual([
    at("one/sub/b.csv"),
    at("one/a.csv"),
    at("one/odd[1].csv"),
  ]);
});

test.each(["axoner.json/.", "sub/../axoner.json/", "Axoner.JSON", "sub/axoner.json", "axoner.json."])(
  "does not write over the configuration as %j",
  async (path) => {
    const open = await openFiles({ roots: [at("one")], workspace: at("one/.axoner"), allowWrite: [at("one")] });
    await expect(open.create(`${at("one")}/${path}`)).rejects.toMatchObject({ code: "not_allowed" });
  },
);

test.each([
  "exports/a\nb.csv",
  "exports/a\u001b[2Jb.csv",
  "exports/a\u202evsc.csv",
  "exports/a\u2028b.csv",
  "exports/\ud83d.csv",
])("does not write a file named %j", async (path) => {
  await expect(files.create(path)).rejects.toMatchObject({ code: "invalid_input" });
});

test("says which of a glob's files cannot be read", async () => {
  await link(at("outside/secret.csv"), at("one/hard.csv"));
  await expect(files.find("*.csv")).rejects.toThrow(/'hard\.csv' has several hard links.*other than '\*\.csv'/);
});

test.each([
  ["sub", /such as 'sub\/\*\.csv'$/],
  ["~/a.csv", /~ is not expanded/],
  ["ftp://example.com/a.csv", /download it/],
])("says what to write instead of %j", async (source, advice) => {
  await expect(files.find(source)).rejects.toThrow(advice);
});

test.each([`exports/${"x".repeat(300)}.csv`, "~/a.csv"])("refuses to write %j as invalid", async (path) => {
  await expect(files.create(path)).rejects.toMatchObject({ code: "invalid_input" });
});
