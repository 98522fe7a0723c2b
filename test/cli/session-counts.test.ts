import { expect, test } from "vitest";
import { sessions } from "../../src/cli/sessions.ts";
import type { StoredMessage } from "../../src/message.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { say } from "../contracts/session-store.ts";
import { startCommand, type StartOptions } from "../support/start-command.ts";

async function json(args: string[], options: StartOptions): Promise<unknown> {
  return JSON.parse((await startCommand(sessions, [...args, "--json"], options)).stdout);
}

function reply(text: string): StoredMessage {
  return { role: "assistant", parts: [{ type: "text", text }] };
}

test("messages are counted as they are shown: no notes, and nothing that was taken back", async () => {
  const store = openMemoryStore();
  await store.append("a", 0, [say("One?"), reply("One."), say("Two?"), reply("Two.")]);
  await startCommand(sessions, ["undo", "a"], { store });
  await startCommand(sessions, ["title", "a", "Numbers"], { store });
  const counted = { sessions: [{ id: "a", title: "Numbers", message_count: 2 }] };
  expect(await json(["list"], { store })).toMatchObject(counted);
  expect(await json(["search", "One"], { store })).toMatchObject(counted);
  expect(await json(["fork", "a", "b"], { store })).toMatchObject({ message_count: 2 });
  const { stdout } = await startCommand(sessions, ["export", "a"], { store });
  expect(await json(["import"], { store: openMemoryStore(), stdin: stdout })).toEqual({
    imported: [{ id: "a", added: 4, message_count: 2 }],
  });
});
