import { expect, test } from "vitest";
import { z } from "zod";
import { createAgent } from "../../src/agent/agent.ts";
import { estimatePart } from "../../src/agent/estimate.ts";
import { picturesOf } from "../../src/agent/tool-pictures.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import { scriptedProvider } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";

const png = "iVBORw0KGgo=";
const draw = defineTool({
  name: "draw",
  description: "Draws.",
  input: z.object({}),
  output: z.object({ path: z.string() }),
  run: async (_input, { attach }) => {
    attach({ data: png, mimeType: "image/png" });
    attach({ data: "PHN2Zy8+", mimeType: "image/svg+xml" });
    return { path: "a.png" };
  },
});

test("a picture that a tool attaches is shown to the model and stored; one that no model reads is told", async () => {
  const store = openMemoryStore();
  const provider = scriptedProvider([
    { tool_calls: [{ name: "draw", input: {} }] },
    ({ messages }) => JSON.stringify(messages.at(-1)),
  ]);
  const result = await createAgent({ provider, tools: [draw], store }).complete({ prompt: "go", sessionId: "s" });
  const shown: unknown = JSON.parse(result.text);
  expect(shown).toMatchObject({
    role: "tool",
    images: [{ mediaType: "image/png", base64: png }],
    text: expect.stringMatching(/"path":"a.png".*\n\[1 of 2 pictures cannot be shown to you/),
  });
  expect((await store.load("s"))?.messages[2]).toEqual(shown);
});

test("of many, large or broken pictures only what services take is shown", () => {
  const image = (data: string) => ({ data, mimeType: "image/png" });
  const images = [
    image("x".repeat(5_000_004)),
    image("no base64!"),
    image(""),
    ...Array.from({ length: 6 }, () => image(png)),
  ];
  const { pictures, note } = picturesOf({ ok: true, value: {}, images });
  expect(pictures).toHaveLength(4);
  expect(note).toContain("5 of 9 pictures");
  expect(picturesOf({ ok: false, code: "timeout", message: "x" })).toEqual({ pictures: [], note: "" });
});

test("a picture counts as tokens of its own, not by its bytes", () => {
  const told = { role: "tool", callId: "a", name: "draw", ok: true, text: "a.png" };
  const images = [{ mediaType: "image/png", base64: "A".repeat(3_000_000) }];
  const added = estimatePart({ ...told, images }) - estimatePart(told);
  expect(added).toBeGreaterThan(4_000);
  expect(added).toBeLessThan(6_000);
});
