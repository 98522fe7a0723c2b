import { describe, expect, test } from "vitest";
import { SessionConflictError, ToolError } from "../../src/errors.ts";
import type { Message } from "../../src/message.ts";
import type { SessionStore } from "../../src/session/store.ts";

/** What every session store does. `open` makes an empty one. */
export function describeSessionStore(name: string, open: () => Promise<SessionStore>): void {
  describe(`${name} as a session store`, () => {
    test("load gives what was appended, in its order", async () => {
      const store = await open();
      await store.append("trip", 0, [say("one")]);
      await store.append("trip", 1, everyKind);
      const session = await store.load("trip");
      expect(session?.id).toBe("trip");
      expect(session?.messages).toEqual([say("one"), ...everyKind]);
      expect(Date.parse(session?.updatedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
      await store.close();
    });

    test("load gives nothing for a session that was not begun", async () => {
      const store = await open();
      expect(await store.load("nobody")).toBeUndefined();
      await store.close();
    });

    test("append rejects when another writer was first", async () => {
      const store = await open();
      await store.append("a", 0, [say("one")]);
      await expect(store.append("a", 0, [say("two")])).rejects.toThrow(SessionConflictError);
      await store.append("a", 1, [say("three")]);
      await expect(store.append("a", 1, [say("four")])).rejects.toThrow(/holds 2 messages, not 1/);
      expect(texts(await store.load("a"))).toEqual(["one", "three"]);
      await store.close();
    });

    test("append rejects messages behind ones that are not there", async () => {
      const store = await open();
      await expect(store.append("a", 3, [say("four")])).rejects.toThrow(SessionConflictError);
      expect(await store.load("a")).toBeUndefined();
      await store.close();
    });

    test("of appends at the same time exactly one succeeds", async () => {
      const store = await open();
      for (let round = 0; round < 5; round++) {
        const attempts = Array.from({ length: 8 }, (_, index) => store.append("a", round, [say(`${round}.${index}`)]));
        const settled = await Promise.allSettled(attempts);
        const lost = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
        expect(lost).toHaveLength(7);
        expect(lost.every((reason) => reason instanceof SessionConflictError)).toBe(true);
        const winner = settled.findIndex((one) => one.status === "fulfilled");
        expect(texts(await store.load("a")).at(-1)).toBe(`${round}.${winner}`);
      }
      await store.close();
    });

    test("appending nothing keeps everything as it is, but notices another writer", async () => {
      const store = await open();
      await store.append("a", 0, [say("one")]);
      await store.append("a", 1, []);
      await expect(store.append("a", 0, [])).rejects.toThrow(SessionConflictError);
      expect(texts(await store.load("a"))).toEqual(["one"]);
      await store.close();
    });

    test("what a caller does to a loaded session does not change the stored one", async () => {
      const store = await open();
      await store.append("a", 0, [say("one")]);
      (await store.load("a"))?.messages.push(say("not stored"));
      expect(texts(await store.load("a"))).toEqual(["one"]);
      await store.close();
    });

    test("list gives the sessions that were written to last, newest first", async () => {
      const store = await open();
      for (const id of ["a", "b", "c"]) {
        await store.append(id, 0, [say(`  the title\n of ${id} `)]);
        await tick();
      }
      await store.append("a", 1, [say("again")]);
      const listed = await store.list(2);
      expect(listed.map(({ id, title, messageCount }) => ({ id, title, messageCount }))).toEqual([
        { id: "a", title: "the title of a", messageCount: 2 },
        { id: "c", title: "the title of c", messageCount: 1 },
      ]);
      await store.close();
    });

    test("a long title is cut between characters", async () => {
      const store = await open();
      await store.append("a", 0, [say(`${"t".repeat(79)}😀`)]);
      expect(await store.list(1)).toMatchObject([{ title: "t".repeat(79) }]);
      await store.close();
    });

    test("a deleted session is gone and can be begun anew", async () => {
      const store = await open();
      await store.append("a", 0, [say("one")]);
      expect(await store.delete("a")).toBe(true);
      expect(await store.delete("a")).toBe(false);
      expect(await store.load("a")).toBeUndefined();
      expect(await store.list(10)).toEqual([]);
      await expect(store.append("a", 1, [say("two")])).rejects.toThrow(SessionConflictError);
      await store.append("a", 0, [say("new")]);
      expect(texts(await store.load("a"))).toEqual(["new"]);
      await store.close();
    });

    test.each([
      "",
      ".",
      "..",
      "../a",
      "a/b",
      "a\\b",
      ".hidden",
      "-rf",
      "a\0b",
      "a b",
      "ü",
      "x".repeat(65),
      "a.jsonl",
      "a\n",
    ])("%j cannot name a session", async (id) => {
      const store = await open();
      await expect(store.load(id)).rejects.toThrow(ToolError);
      await expect(store.append(id, 0, [say("one")])).rejects.toThrow(/cannot name a session/);
      await expect(store.delete(id)).rejects.toThrow(ToolError);
      expect(await store.list(10)).toEqual([]);
      await store.close();
    });
  });
}

export function say(text: string): Message {
  return { role: "user", text };
}

export function texts(session: { messages: readonly Message[] } | undefined): string[] {
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
];

/** Long enough for two file times to differ. */
function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 15));
}
