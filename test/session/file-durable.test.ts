import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openFileStore } from "../../src/session/file.ts";
import { readRecords } from "../../src/session/file/record.ts";
import { say, texts } from "../contracts/session-store.ts";
import { temporaryFolder } from "../support/config.ts";
import { fileOf } from "../support/session-files.ts";

/** As after a loss of power: the journal is there, of a process and a start of the machine that are no more. */
async function losePower(folder: string): Promise<string> {
  const [name = ""] = await journalsOf(folder);
  const path = join(folder, "journal", name);
  const [, ...lines] = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, [JSON.stringify({ pid: process.pid, boot: "an earlier one" }), ...lines].join("\n"));
  return path;
}

async function journalsOf(folder: string): Promise<string[]> {
  return readdir(join(folder, "journal")).catch(() => []);
}

async function writeTen(folder: string) {
  const store = openFileStore(folder, { durable: true });
  for (let index = 0; index < 10; index++) await store.append("a", index, [say(String(index))]);
  return store;
}

const ten = Array.from({ length: 10 }, (_, index) => String(index));

test("what was acknowledged stands in the journal, for all sessions in one, and is gone once all is safe", async () => {
  const folder = temporaryFolder();
  const store = openFileStore(folder, { durable: true });
  await Promise.all(ten.map((id) => store.append(id, 0, [say(id)])));
  const [name = "", ...others] = await journalsOf(folder);
  expect(others).toEqual([]);
  const records = readRecords(await readFile(join(folder, "journal", name)));
  expect(records.map(({ id }) => id)).toEqual(ten);
  await store.close();
  expect(await journalsOf(folder)).toEqual([]);
});

test.each([
  ["lost its end", async (path: string) => truncate(path, 300)],
  ["is empty", async (path: string) => truncate(path, 0)],
  [
    "has a hole",
    async (path: string) => {
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0, 200, 700));
    },
  ],
])("a session's file that %s with the power is whole again after the next start", async (_how, lose) => {
  const folder = temporaryFolder();
  await writeTen(folder);
  await losePower(folder);
  await lose(fileOf(folder, "a"));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const store = openFileStore(folder);
  expect(texts(await store.load("a"))).toEqual(ten);
  expect(await journalsOf(folder)).toEqual([]);
  await store.append("a", 10, [say("on")]);
  expect(texts(await openFileStore(folder).load("a"))).toEqual([...ten, "on"]);
});

test("a torn journal gives what stands before the tear", async () => {
  const folder = temporaryFolder();
  await writeTen(folder);
  const journal = await losePower(folder);
  await truncate(journal, (await readFile(journal)).length - 20);
  await truncate(fileOf(folder, "a"), 0);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(texts(await openFileStore(folder).load("a"))).toEqual(ten.slice(0, 9));
});

test("a session that was deleted does not come back with the journal", async () => {
  const folder = temporaryFolder();
  const store = await writeTen(folder);
  await store.delete("a");
  await losePower(folder);
  expect(await openFileStore(folder).load("a")).toBeUndefined();
});

test("the journal of a process that lives is left alone, and what another process wrote is made safe first", async () => {
  const folder = temporaryFolder();
  const store = await writeTen(folder);
  const other = openFileStore(folder, { durable: true });
  await other.append("a", 10, [say("other")]);
  await store.append("a", 11, [say("own")]);
  expect(await journalsOf(folder)).toHaveLength(2);
  expect(texts(await openFileStore(folder).load("a"))).toEqual([...ten, "other", "own"]);
  await Promise.all([store.close(), other.close()]);
  expect(await journalsOf(folder)).toEqual([]);
});

test("a writer whose journal was taken from it goes on with a new one", async () => {
  const folder = temporaryFolder();
  const store = await writeTen(folder);
  await losePower(folder); // another process sees it so
  await openFileStore(folder).load("a");
  expect(await journalsOf(folder)).toEqual([]);
  await store.append("a", 10, [say("on")]);
  await store.append("a", 11, [say("and on")]);
  expect(await journalsOf(folder)).toHaveLength(1);
  expect(texts(await openFileStore(folder).load("a"))).toEqual([...ten, "on", "and on"]);
  await store.close();
});
