import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { appendFile, readdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { AxonerError, errorMessage } from "../../src/errors.ts";
import type { StoredMessage } from "../../src/message.ts";
import { openFileStore } from "../../src/session/file.ts";
import { encodeRecord } from "../../src/session/file/record.ts";
import { openStore } from "../../src/session/index.ts";
import { describeSessionStore, say, texts } from "../contracts/session-store.ts";
import { fileOf } from "../support/session-files.ts";
import { temporaryFolder } from "../support/config.ts";

describeSessionStore("file", async () => openStore(`file:${temporaryFolder()}`));
describeSessionStore("file, durable", async () => openStore(`file:${temporaryFolder()}`, { durable: true }));

test("another store on the same folder sees what was appended, and both go on in turn", async () => {
  const folder = temporaryFolder();
  const [one, other] = [openFileStore(folder), openFileStore(folder)];
  await one.append("a", 0, [say("1")]);
  await other.append("a", 1, [say("2")]);
  await one.append("a", 2, [say("3")]);
  expect(texts(await other.load("a"))).toEqual(["1", "2", "3"]);
});

test("a session that was deleted and begun anew elsewhere is not mistaken for the old one", async () => {
  const folder = temporaryFolder();
  const [one, other] = [openFileStore(folder), openFileStore(folder)];
  await one.append("a", 0, [say("old")]);
  await other.delete("a");
  await other.append("a", 0, [say("new"), say("newer")]);
  await expect(one.append("a", 1, [say("lost")])).rejects.toThrow(/holds 2 messages/);
  await one.append("a", 2, [say("newest")]);
  expect(texts(await one.load("a"))).toEqual(["new", "newer", "newest"]);
});

test("what is under way is kept before thousands that begin at the same time", async () => {
  const store = openFileStore(temporaryFolder());
  await store.append("old", 0, [say("1")]);
  let begun = 0;
  const beginnings = Array.from({ length: 500 }, async (_, index) => {
    await store.append(`new-${index}`, 0, [say("1")]);
    begun += 1;
  });
  await store.append("old", 1, [say("2")]);
  expect(begun).toBeLessThan(100);
  await Promise.all(beginnings);
  expect(begun).toBe(500);
});

test("the folder may be named by a file URL", async () => {
  const folder = join(temporaryFolder(), "with space");
  const store = await openStore(`file:${pathToFileURL(folder).href.slice("file:".length)}`);
  await store.append("a", 0, [say("1")]);
  expect(await readdir(folder)).toHaveLength(1);
});

test.skipIf(process.platform === "win32")("only the owner can read folder and files", async () => {
  const folder = join(temporaryFolder(), "deep", "sessions");
  await openFileStore(folder).append("a", 0, [say("secret")]);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(fileOf(folder, "a"))).mode & 0o777).toBe(0o600);
});

test("a link in place of a session's file is not followed", async () => {
  const folder = temporaryFolder();
  const elsewhere = join(temporaryFolder(), "target");
  await writeFile(elsewhere, "");
  await symlink(elsewhere, fileOf(folder, "a"));
  await expect(openFileStore(folder).append("a", 0, [say("x")])).rejects.toThrow(AxonerError);
  expect(await readFile(elsewhere, "utf8")).toBe("");
});

test("a folder that cannot be used is named, with what to try", async () => {
  const file = join(temporaryFolder(), "file");
  await writeFile(file, "");
  const failure: unknown = await openFileStore(join(file, "sessions"))
    .append("a", 0, [say("x")])
    .catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(AxonerError);
  expect(errorMessage(failure)).toContain(file);
  expect(errorMessage(failure)).toContain("--store");
});

test("wherever a record was torn, the earlier ones are kept and the session goes on", async () => {
  const folder = temporaryFolder();
  const path = fileOf(folder, "a");
  await openFileStore(folder).append("a", 0, [say("1")]);
  const kept = await readFile(path);
  await openFileStore(folder).append("a", 1, [say("2")]);
  const whole = await readFile(path);
  for (let size = kept.length; size < whole.length - 1; size += 1) {
    await writeFile(path, whole);
    await truncate(path, size);
    const store = openFileStore(folder);
    expect(texts(await store.load("a"))).toEqual(["1"]);
    await store.append("a", 1, [say("after the cut")]);
    await store.append("a", 2, [say("and on")]);
    expect(texts(await openFileStore(folder).load("a"))).toEqual(["1", "after the cut", "and on"]);
  }
});

test("a record that lacks nothing but the end of its line counts", async () => {
  const folder = temporaryFolder();
  const path = fileOf(folder, "a");
  await openFileStore(folder).append("a", 0, [say("1")]);
  await truncate(path, (await stat(path)).size - 1);
  const store = openFileStore(folder);
  expect(texts(await store.load("a"))).toEqual(["1"]);
  await store.append("a", 1, [say("2")]);
  await store.append("a", 2, [say("3")]);
  expect(texts(await openFileStore(folder).load("a"))).toEqual(["1", "2", "3"]);
});

test("a record torn by another process between two appends does no harm", async () => {
  const folder = temporaryFolder();
  const store = openFileStore(folder);
  await store.append("a", 0, [say("1")]);
  await appendFile(fileOf(folder, "a"), '{"crc":"0000');
  await store.append("a", 1, [say("2")]);
  await appendFile(fileOf(folder, "a"), "\n\ngarbage\n");
  await store.append("a", 2, [say("3")]);
  expect(texts(await openFileStore(folder).load("a"))).toEqual(["1", "2", "3"]);
});

test("a record that stands on one line with a torn one counts, and is no damage", async () => {
  const folder = temporaryFolder();
  const path = fileOf(folder, "a");
  await openFileStore(folder).append("a", 0, [say("1")]);
  const record = { id: "a", seen: 1, writer: "w", at: new Date().toISOString(), messages: [say('{"crc":"2')] };
  await appendFile(path, encodeRecord(record).slice(0, 60) + encodeRecord(record));
  expect(texts(await openFileStore(folder).load("a"))).toEqual(["1", '{"crc":"2']);
  await openFileStore(folder).append("a", 2, [say("3")]);
  expect(await readdir(folder)).toHaveLength(1);
});

test("no part of a name reaches a path, and names that differ in case alone are two sessions", async () => {
  const folder = temporaryFolder();
  const store = openFileStore(folder);
  await store.append("Trip", 0, [say("one")]);
  await store.append("trip", 0, [say("two")]);
  const names = await readdir(folder);
  expect(names).toHaveLength(2);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(2);
  expect(names.join(" ")).not.toMatch(/trip/i);
});

test("files of other kinds in the folder are no sessions", async () => {
  const folder = temporaryFolder();
  for (const name of ["notes.txt", ".hidden.jsonl", "with space.jsonl", "a.jsonl", `${"0".repeat(32)}.jsonl`])
    await writeFile(join(folder, name), "");
  const store = openFileStore(folder);
  await store.append("a", 0, [say("1")]);
  expect((await store.list(10)).map(({ id }) => id)).toEqual(["a"]);
});

test("processes that append to one session at once lose nothing and mix nothing up", async () => {
  const folder = temporaryFolder();
  const writers = ["red", "blue", "green"];
  const children = writers.map((writer) => appendInChild(folder, writer, 15));
  expect(await Promise.all(children.map(exitCodeOf))).toEqual([0, 0, 0]);
  const messages = (await openFileStore(folder).load("shared"))?.messages ?? [];
  expect(messages).toHaveLength(writers.length * 15 * 2);
  for (const writer of writers) {
    expect(indexesOf(messages, writer)).toEqual(Array.from({ length: 15 }, (_, index) => index));
  }
  expect(arePaired(messages)).toBe(true);
});

function appendInChild(folder: string, writer: string, count: number): ChildProcess {
  const script = fileURLToPath(new URL("../support/append-messages.ts", import.meta.url));
  return spawn(process.execPath, [script, folder, "shared", writer, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

function indexesOf(messages: readonly StoredMessage[], writer: string): number[] {
  return messages.flatMap((message) => {
    const [name, index] = message.role === "user" ? message.text.split(" ") : [];
    return name === writer ? [Number(index)] : [];
  });
}

/** Every user message has its tool message right behind it. */
function arePaired(messages: readonly StoredMessage[]): boolean {
  return messages.every((message, index) => {
    if (message.role !== "user" || message.text === "goes on") return true;
    const next = messages[index + 1];
    return next?.role === "tool" && message.text === `${next.name} ${next.callId}`;
  });
}

test.skipIf(process.platform !== "linux")("thousands of appends at once keep few files open", async () => {
  const folder = temporaryFolder();
  const store = openFileStore(folder);
  let most = 0;
  const look = () => {
    const open = readdirSync("/proc/self/fd").filter((fd) => targetOf(`/proc/self/fd/${fd}`).startsWith(folder));
    most = Math.max(most, open.length);
  };
  const timer = setInterval(look, 1);
  onTestFinished(() => clearInterval(timer));
  const ids = Array.from({ length: 2_000 }, (_, session) => `s${session}`);
  await Promise.all(ids.map((id) => store.append(id, 0, [say(id)])));
  expect(most).toBeLessThanOrEqual(1);
  for (const id of ids) expect(texts(await store.load(id))).toEqual([id]);
});

/** Empty for one that was closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
