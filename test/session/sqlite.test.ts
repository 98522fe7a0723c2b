import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { AxonerError } from "../../src/errors.ts";
import { openStore } from "../../src/session/index.ts";
import { openSqliteStore } from "../../src/session/sqlite.ts";
import { describeSessionStore, say, texts } from "../contracts/session-store.ts";
import { temporaryFolder } from "../support/config.ts";

const fresh = () => join(temporaryFolder(), "deep", "sessions.db");

describeSessionStore("SQLite", async () => openStore(`sqlite:${fresh()}`));
describeSessionStore("SQLite, durable", async () => openStore(`sqlite:${fresh()}`, { durable: true }));

test("two processes' stores on one file see each other's appends, and only one of two equal ones is kept", async () => {
  const path = fresh();
  const [one, other] = [await openSqliteStore(path), await openSqliteStore(path)];
  await one.append("a", 0, [say("1")]);
  await other.append("a", 1, [say("2")]);
  await expect(one.append("a", 1, [say("lost")])).rejects.toThrow(/holds 2 messages/);
  expect(texts(await one.load("a"))).toEqual(["1", "2"]);
  await Promise.all([one.close(), other.close()]);
});

test.skipIf(process.platform === "win32")("only the owner can read the database and its log", async () => {
  const path = fresh();
  const store = await openSqliteStore(path);
  await store.append("a", 0, [say("secret")]);
  for (const name of [path, `${path}-wal`]) expect((await stat(name)).mode & 0o777).toBe(0o600);
  await store.close();
});

test("an append waits for another process that holds the lock", async () => {
  const path = fresh();
  const store = await openSqliteStore(path);
  const other = new DatabaseSync(path);
  other.exec("begin immediate");
  const appending = store.append("a", 0, [say("1")]);
  setTimeout(() => other.exec("commit"), 300);
  await appending;
  expect(texts(await store.load("a"))).toEqual(["1"]);
  other.close();
  await store.close();
});

test("a database of a newer version and a file that is none are refused by name", async () => {
  const path = fresh();
  await (await openSqliteStore(path)).close();
  const newer = new DatabaseSync(path);
  newer.exec("pragma user_version = 99");
  newer.close();
  await expect(openSqliteStore(path)).rejects.toThrow(/newer axoner \(version 99\)/);
  const other = join(temporaryFolder(), "notes.txt");
  await writeFile(other, "no database at all, but long enough to be looked at as one".repeat(100));
  await expect(openSqliteStore(other)).rejects.toThrow(AxonerError);
  await expect(openSqliteStore(other)).rejects.toThrow(/notes\.txt cannot be used/);
});
