import { expect, test } from "vitest";
import { effectsOf, isUntrustedResult } from "../../src/agent/call-effects.ts";
import type { ToolDefinition } from "../../src/tools/tool.ts";

function definition(hints: Partial<ToolDefinition["hints"]>): ToolDefinition {
  const schemas = { inputSchema: { type: "object" }, outputSchema: { type: "object" } };
  return {
    name: "order",
    description: "",
    ...schemas,
    hints: { readOnly: false, openWorld: false, long: true, ...hints },
  };
}

test("a program answers for the functions that it hands to its own run", () => {
  expect(effectsOf(definition({}), {}, undefined)).toEqual(["writes_outside"]);
  expect(effectsOf(definition({ ofCaller: true }), {}, undefined)).toEqual([]);
  const answered = { name: "order", input: {}, ok: true, definition: definition({ ofCaller: true }) };
  expect(isUntrustedResult(answered)).toBe(false);
});
