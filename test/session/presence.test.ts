import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { ToolError } from "../../src/errors.ts";
import { openPresence } from "../../src/session/presence.ts";
import { scripted } from "../support/agent-fixtures.ts";
import { temporaryFolder } from "../support/config.ts";
import { enterElsewhere } from "../support/enter-elsewhere.ts";

test("a session in which another process is running is refused, until that one has ended, however it did", async () => {
  const folder = temporaryFolder();
  const other = await enterElsewhere(folder, "trip");
  const presence = openPresence(folder, "");
  await expect(presence.enter("trip")).rejects.toThrow(ToolError);
  await expect(presence.enter("trip")).rejects.toThrow(`process ${other.pid}`);
  await presence.enter("another");
  other.kill("SIGKILL");
  await once(other, "exit");
  await presence.enter("trip");
  await presence.enter("trip"); // another run of this process: the store tells them apart
  await presence.leave("trip");
  expect(await readdir(folder)).toHaveLength(2);
  await presence.leave("trip");
  await presence.leave("another");
  expect(await readdir(folder)).toEqual([]);
});

test("the number of a process that was given to another one, and what is no mark, hold nothing up", async () => {
  const folder = temporaryFolder();
  await enterElsewhere(folder, "trip");
  const [name = ""] = await readdir(folder);
  const path = join(folder, name);
  const mark = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...mark, started: "at another time" }));
  const presence = openPresence(folder, "");
  await expect(presence.enter("trip")).resolves.toBeUndefined();
  await presence.leave("trip");
  await writeFile(path, "{");
  await expect(presence.enter("trip")).resolves.toBeUndefined();
  await presence.leave("trip");
});

test("equal ids of two stores are two sessions, and a mark that cannot be left is said and holds nothing up", async () => {
  const folder = temporaryFolder();
  await Promise.all([openPresence(folder, "redis://a").enter("trip"), openPresence(folder, "redis://b").enter("trip")]);
  expect(await readdir(folder)).toHaveLength(2);
  const file = join(folder, "file");
  await writeFile(file, "");
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await openPresence(file, "").enter("trip");
  expect(String(write.mock.calls[0]?.[0])).toMatch(/session trip cannot be marked as in use/);
});

test("a run is told before anything happens, and leaves its session however it ends", async () => {
  const folder = temporaryFolder();
  const presence = openPresence(folder, "");
  const agent = scripted(["one", { text: "two", error: { message: "gone" } }, "three"], { presence });
  expect((await agent.complete({ prompt: "1", sessionId: "trip" })).text).toBe("one");
  expect((await agent.complete({ prompt: "2", sessionId: "trip" })).exit_reason).toBe("error");
  for await (const _event of agent.run({ prompt: "3", sessionId: "trip" })) break;
  expect(await readdir(folder)).toEqual([]);
  await enterElsewhere(folder, "trip");
  await expect(agent.complete({ prompt: "4", sessionId: "trip" })).rejects.toThrow(/in use by another run/);
});
