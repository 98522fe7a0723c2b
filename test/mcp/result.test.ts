import { expect, test } from "vitest";
import runAgent from "../../src/agent/run-agent.generated.json" with { type: "json" };
import { toCallToolResult, toListedTool } from "../../src/mcp/result.ts";
import { tools } from "../../src/tools/index.ts";

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

test("the whole listing is small enough for a model to read at every turn", () => {
  const listing = JSON.stringify({ tools: [...tools, runAgent].map(toListedTool) });
  // 17,124 characters of it were 4,429 tokens of o200k_base: 3.87 each
  expect(listing.length / 3.87).toBeLessThan(4_500);
});
