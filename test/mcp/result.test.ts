import { expect, test } from "vitest";
import { toCallToolResult } from "../../src/mcp/result.ts";

test("a result is one block of text, and the same as structured content", () => {
  const value = { status: "done", n: 1 };
  expect(toCallToolResult({ ok: true, value })).toEqual({
    content: [{ type: "text", text: JSON.stringify(value) }],
    structuredContent: value,
  });
});

test("pictures follow the text, and are no part of the structured content", () => {
  const image = { data: "iVBORw0KGgo=", mimeType: "image/png" };
  expect(toCallToolResult({ ok: true, value: { status: "done" }, images: [image] })).toEqual({
    content: [
      { type: "text", text: '{"status":"done"}' },
      { type: "image", ...image },
    ],
    structuredContent: { status: "done" },
  });
});
