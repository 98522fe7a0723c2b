import { appendFile, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openFileStore } from "../../src/session/file.ts";
import { appendRecord, newAppend } from "../../src/session/file/append-record.ts";
import { encodeRecord, scanRecords, seal, start } from "../../src/session/file/record.ts";
import { say, texts } from "../contracts/session-store.ts";
import { temporaryFolder } from "../support/config.ts";
import { fileOf } from "../support/session-files.ts";

async function threeMessages(): Promise<{ folder: string; path: string }> {
  const folder = temporaryFolder();
  const store = openFileStore(folder);
  for (const [index, text] of ["first", "second", "third"].entries()) await store.append("a", index, [say(text)]);
  return { folder, path: fileOf(folder, "a") };
}

function stderrText(): () => string {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => write.mock.calls.map(([text]) => String(text)).join("");
}

test.each([
  ["in the middle", "second", ["first"]],
  ["in the last record", "third", ["first", "second"]],
  ["in the first record", "first", []],
])("damage %s is reported and kept aside, and what stands before it goes on", async (_where, changed, left) => {
  const { folder, path } = await threeMessages();
  const damaged = (await readFile(path, "utf8")).replace(changed, changed.toUpperCase());
  await writeFile(path, damaged);
  const said = stderrText();
  const store = openFileStore(folder);
  expect(texts(await store.load("a"))).toEqual(left);
  expect(said()).toMatch(/was damaged/);
  const [kept = ""] = await readdir(join(folder, "damaged"));
  expect(said()).toContain(kept);
  expect(await readFile(join(folder, "damaged", kept), "utf8")).toContain(damaged);
  await expect(store.append("a", 3, [say("as if nothing was")])).rejects.toThrow(
    `holds ${left.length} messages, not 3`,
  );
  await store.append("a", left.length, [say("on")]);
  expect(texts(await openFileStore(folder).load("a"))).toEqual([...left, "on"]);
  expect(await readdir(join(folder, "damaged"))).toHaveLength(1);
});

test.each([
  ["is empty", (bytes: Buffer) => bytes.subarray(0, 0), []],
  ["is zeros", (bytes: Buffer) => Buffer.alloc(bytes.length), []],
  ["ends in zeros", (bytes: Buffer) => Buffer.from(bytes).fill(0, bytes.indexOf("second")), ["first"]],
])("a file that %s after a loss of power is reported and kept aside, once", async (_what, lose, left) => {
  const { folder, path } = await threeMessages();
  await writeFile(path, lose(await readFile(path)));
  const said = stderrText();
  const store = openFileStore(folder);
  expect(await store.list(5)).toHaveLength(left.length === 0 ? 0 : 1);
  expect(texts(await store.load("a"))).toEqual(left);
  const [kept = ""] = await readdir(join(folder, "damaged"));
  expect(said()).toContain(kept);
  await store.append("a", left.length, [say("on")]);
  expect(texts(await openFileStore(folder).load("a"))).toEqual([...left, "on"]);
  expect(await readdir(join(folder, "damaged"))).toHaveLength(1);
});

test("zeros are kept aside also where a session begins in them", async () => {
  const { folder, path } = await threeMessages();
  await writeFile(path, Buffer.alloc(500));
  const said = stderrText();
  await openFileStore(folder).append("a", 0, [say("new")]);
  expect(said()).toMatch(/was damaged/);
  expect(texts(await openFileStore(folder).load("a"))).toEqual(["new"]);
  expect(await readdir(join(folder, "damaged"))).toHaveLength(1);
});

test("a listing goes past a damaged file and reports it", async () => {
  const { folder, path } = await threeMessages();
  await writeFile(path, (await readFile(path, "utf8")).replace("second", "sekond"));
  await openFileStore(folder).append("b", 0, [say("whole")]);
  const said = stderrText();
  const listed = await openFileStore(folder).list(5);
  // both may be of one millisecond
  expect(Object.fromEntries(listed.map(({ id, messageCount }) => [id, messageCount]))).toEqual({ a: 1, b: 1 });
  expect(said()).toMatch(/was damaged/);
});

test("a file of which most counts for nothing is replaced by a small one, and every writer goes on in it", async () => {
  const { folder, path } = await threeMessages();
  const other = openFileStore(folder);
  await other.append("a", 3, [say("fourth")]);
  const lost = { id: "a", seen: 1, writer: "lost", at: "2026-01-01T00:00:00.000Z", messages: [say("x".repeat(9_000))] };
  await appendFile(path, encodeRecord(lost).repeat(150));
  await openFileStore(folder).append("a", 4, [say("fifth")]);
  expect((await stat(path)).size).toBeLessThan(5_000);
  await other.append("a", 5, [say("sixth")]);
  expect(texts(await other.load("a"))).toEqual(["first", "second", "third", "fourth", "fifth", "sixth"]);
  expect(await readdir(folder)).toHaveLength(1);
});

test("a replacement that was killed is done by whoever comes next", async () => {
  const { folder, path } = await threeMessages();
  await appendFile(path, seal);
  await writeFile(`${path}.next`, "half of");
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(`${path}.next`, longAgo, longAgo);
  expect(texts(await openFileStore(folder).load("a"))).toEqual(["first", "second", "third"]);
  const store = openFileStore(folder);
  await store.append("a", 3, [say("fourth")]);
  expect(texts(await store.load("a"))).toEqual(["first", "second", "third", "fourth"]);
  expect(await readdir(folder)).toHaveLength(1);
});

test("what was written behind a seal does not count", async () => {
  const { folder, path } = await threeMessages();
  const late = { id: "a", seen: 3, writer: "late", at: "2026-01-01T00:00:00.000Z", messages: [say("too late")] };
  await appendFile(path, seal + encodeRecord(late));
  const store = openFileStore(folder);
  expect(texts(await store.load("a"))).toEqual(["first", "second", "third"]);
  await store.append("a", 3, [say("fourth")]);
  expect(texts(await store.load("a"))).toEqual(["first", "second", "third", "fourth"]);
});

test("who has read a seal comes upon it again, so that nothing is acknowledged behind it", async () => {
  const folder = temporaryFolder();
  const path = fileOf(folder, "a");
  await openFileStore(folder).append("a", 0, [say("first")]);
  const before = await readFile(path);
  await appendFile(path, seal); // another process, right behind our record
  const { position, sealed } = scanRecords(await readFile(path), start);
  expect([sealed, position.offset]).toEqual([true, before.length]);
  const append = newAppend(path, { id: "a", seen: 1, messages: [say("second")] });
  const appended = appendRecord(append, { recall: () => position, remember: () => undefined });
  expect(appended.type).toBe("replace");
  expect(await readFile(path, "utf8")).toBe(before + seal);
});
