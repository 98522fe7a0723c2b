import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { SessionConflictError, ToolError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { SessionStore } from "../session/store.ts";
import { casesOf, type ContractCase } from "./contract.ts";

/**
 * What every session store does, as cases for any test runner:
 * `for (const { name, run } of sessionStoreContract(openMyStore)) test(name, run);`
 *
 * @param open makes an empty store; each case closes its own
 */
export function sessionStoreContract(open: () => Promise<SessionStore>): ContractCase[] {
  const cases = { ...reading, ...appending, ...listing };
  return casesOf({ open, close: (store) => store.close() }, { ...cases, ...badNames() });
}

type Check = (store: SessionStore) => Promise<void>;

const reading: Record<string, Check> = {
  async "load gives what was appended, in its order"(store) {
    await store.append("trip", 0, [say("one")]);
    await store.append("trip", 1, everyKind);
    const session = await store.load("trip");
    assert.equal(session?.id, "trip");
    assert.deepEqual(session?.messages, [say("one"), ...everyKind]);
    assert.ok(Date.parse(session?.updatedAt ?? "") > Date.now() - 60_000);
  },
  async "load gives nothing for a session that was not begun"(store) {
    assert.equal(await store.load("nobody"), undefined);
  },
  async "what a caller does to a loaded session does not change the stored one"(store) {
    await store.append("a", 0, [say("one")]);
    (await store.load("a"))?.messages.push(say("not stored"));
    assert.deepEqual(await textsOf(store), ["one"]);
  },
};

const appending: Record<string, Check> = {
  async "append rejects when another writer was first"(store) {
    await store.append("a", 0, [say("one")]);
    await assert.rejects(store.append("a", 0, [say("two")]), SessionConflictError);
    await store.append("a", 1, [say("three")]);
    await assert.rejects(store.append("a", 1, [say("four")]), /holds 2 messages, not 1/);
    assert.deepEqual(await textsOf(store), ["one", "three"]);
  },
  async "append rejects messages behind ones that are not there"(store) {
    await assert.rejects(store.append("a", 3, [say("four")]), SessionConflictError);
    assert.equal(await store.load("a"), undefined);
  },
  async "of appends at the same time exactly one succeeds"(store) {
    for (let round = 0; round < 5; round++) {
      const attempts = Array.from({ length: 8 }, (_, index) => store.append("a", round, [say(`${round}.${index}`)]));
      const settled = await Promise.allSettled(attempts);
      const lost = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
      assert.equal(lost.length, 7);
      assert.ok(lost.every((reason) => reason instanceof SessionConflictError));
      const winner = settled.findIndex((one) => one.status === "fulfilled");
      assert.equal((await textsOf(store)).at(-1), `${round}.${winner}`);
    }
  },
  async "appending nothing keeps everything as it is, but notices another writer"(store) {
    await store.append("a", 0, [say("one")]);
    await store.append("a", 1, []);
    await assert.rejects(store.append("a", 0, []), SessionConflictError);
    assert.deepEqual(await textsOf(store), ["one"]);
  },
};

const listing: Record<string, Check> = {
  async "list gives the sessions that were written to last, newest first"(store) {
    for (const id of ["a", "b", "c"]) {
      await store.append(id, 0, [say(`  the title\n of ${id} `)]);
      await delay(15); // long enough for two file times to differ
    }
    await store.append("a", 1, [say("again")]);
    const listed = await store.list(2);
    assert.deepEqual(
      listed.map(({ id, title, messageCount }) => ({ id, title, messageCount })),
      [
        { id: "a", title: "the title of a", messageCount: 2 },
        { id: "c", title: "the title of c", messageCount: 1 },
      ],
    );
  },
  async "a long title is cut between characters"(store) {
    await store.append("a", 0, [say(`${"t".repeat(79)}😀`)]);
    assert.deepEqual(
      (await store.list(1)).map(({ title }) => title),
      ["t".repeat(79)],
    );
  },
  async "a deleted session is gone and can be begun anew"(store) {
    await store.append("a", 0, [say("one")]);
    assert.equal(await store.delete("a"), true);
    assert.equal(await store.delete("a"), false);
    assert.equal(await store.load("a"), undefined);
    assert.deepEqual(await store.list(10), []);
    await assert.rejects(store.append("a", 1, [say("two")]), SessionConflictError);
    await store.append("a", 0, [say("new")]);
    assert.deepEqual(await textsOf(store), ["new"]);
  },
};

function badNames(): Record<string, Check> {
  const names = ["", ".", "..", "../a", "a/b", "a\\b", ".hidden", "-rf", "a\0b", "a b", "ü", "x".repeat(65)];
  const cases = [...names, "a.jsonl", "a\n"].map((id): [string, Check] => [
    `${JSON.stringify(id)} cannot name a session`,
    async (store) => {
      await assert.rejects(store.load(id), ToolError);
      await assert.rejects(store.append(id, 0, [say("one")]), /cannot name a session/);
      await assert.rejects(store.delete(id), ToolError);
      assert.deepEqual(await store.list(10), []);
    },
  ]);
  return Object.fromEntries(cases);
}

function say(text: string): Message {
  return { role: "user", text };
}

async function textsOf(store: SessionStore): Promise<string[]> {
  const session = await store.load("a");
  return (session?.messages ?? []).map((message) => (message.role === "user" ? message.text : message.role));
}

const everyKind: Message[] = [
  {
    role: "assistant",
    parts: [
      {
        type: "opaque",
        provider: "p",
        block: { signature: "s=\u2028\ud83d\ude00", nested: [1, null, { deep: true }] },
      },
      { type: "text", text: 'line\nbreak "quoted" \u0000 \ud800' },
      { type: "tool_call", call: { id: "1", name: "calculate", input: { expression: "1" } } },
    ],
  },
  { role: "tool", callId: "1", name: "calculate", ok: false, text: "ERROR timeout: too slow" },
  {
    role: "tool",
    callId: "2",
    name: "chart",
    ok: true,
    text: "",
    images: [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }],
  },
];
