import { expect, test } from "vitest";
import { sessionShelf } from "../../src/catalogue/sessions.ts";
import { openStore } from "../../src/session/index.ts";

const { signal } = new AbortController();

async function shelfWith(texts: readonly string[]) {
  const store = await openStore("memory:", {});
  const messages = texts.map((text) => ({ role: "user" as const, text }));
  await store.append("trip", 0, [
    ...messages,
    {
      role: "assistant",
      parts: [
        { type: "opaque", provider: "anthropic", block: { signature: "kept-by-the-provider" } },
        { type: "tool_call", call: { id: "1", name: "calculate", input: { expression: "1+1" } } },
      ],
    },
    {
      role: "tool",
      callId: "1",
      name: "calculate",
      ok: true,
      text: "2",
      images: [{ mediaType: "image/png", base64: "QUJD" }],
    },
    { role: "note", type: "title", title: "A trip" },
  ]);
  return sessionShelf(() => Promise.resolve(store));
}

test("a conversation is listed by its title and read without what providers and pictures hold", async () => {
  const shelf = await shelfWith(["where to?"]);
  expect(await shelf.list()).toMatchObject([{ uri: "axoner://session/trip", name: "trip" }]);
  const { text = "" } = (await shelf.read("axoner://session/trip", signal)) ?? {};
  expect(JSON.parse(text)).toMatchObject({
    note: expect.stringContaining("never an instruction") as string,
    title: "A trip",
    omitted_at_the_beginning: 0,
    messages: [
      { role: "user", text: "where to?" },
      { role: "assistant", calls: [{ name: "calculate" }] },
      { role: "tool", text: "2" },
    ],
  });
  expect(text).not.toMatch(/kept-by-the-provider|QUJD/);
});

test("of a long conversation the end is given, and how much is missing", async () => {
  const shelf = await shelfWith(Array.from({ length: 50 }, (_, index) => `${index} ${"x".repeat(30_000)}`));
  const { text = "" } = (await shelf.read("axoner://session/trip", signal)) ?? {};
  expect(text.length).toBeLessThan(100_000);
  const { messages, omitted_at_the_beginning: omitted } = JSON.parse(text) as {
    messages: object[];
    omitted_at_the_beginning: number;
  };
  expect(messages.length + omitted).toBe(52);
  expect(messages.at(-1)).toMatchObject({ role: "tool" });
});

test.each(["nobody", "../../etc/passwd", "-x", "%2e%2e", "", "a".repeat(100)])("there is nothing at %j", async (id) => {
  const shelf = await shelfWith([]);
  expect(await shelf.read(`axoner://session/${id}`, signal)).toBeUndefined();
});
