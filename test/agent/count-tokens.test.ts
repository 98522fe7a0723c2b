import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { estimateTokens } from "../../src/agent/count-tokens.ts";
import { texts } from "../support/token-texts.ts";

test.each(Object.entries(texts))("%s: no fewer tokens than there are, and not much more than twice", (_what, text) => {
  const counted = countTokens(text);
  const estimated = estimateTokens(text);
  expect(estimated).toBeGreaterThanOrEqual(counted);
  expect(estimated).toBeLessThanOrEqual(counted * 2);
});

test("a text of megabytes that is one word, or one digit after the other, has about as many tokens as it can", () => {
  expect(estimateTokens("7".repeat(3_000_000))).toBe(1_500_000);
  expect(estimateTokens("x".repeat(3_000_000))).toBe(2_000_000);
  expect(estimateTokens("")).toBe(0);
});
