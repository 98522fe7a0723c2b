import { createHash, createHmac, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { hmacSha256, isSameText, randomHex, sha256 } from "../../src/engine/shared/digest.ts";

test("digests are SHA-256, whatever the length", () => {
  for (let length = 0; length < 300; length += 1) {
    const bytes = randomBytes(length);
    expect(sha256(bytes).toString("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
  const large = randomBytes(100_000);
  expect(sha256(large).toString("hex")).toBe(createHash("sha256").update(large).digest("hex"));
});

test("proofs are HMAC with SHA-256, whatever the lengths of key and text", () => {
  for (const keyLength of [0, 1, 32, 63, 64, 65, 200]) {
    const key = randomBytes(keyLength);
    for (const text of ["", "é", JSON.stringify(["engine", "a".repeat(100)])])
      expect(hmacSha256(key, text).toString("hex")).toBe(createHmac("sha256", key).update(text).digest("hex"));
  }
});

test("texts are the same only where every character is", () => {
  expect(isSameText("abc", "abc")).toBe(true);
  for (const other of ["", "ab", "abcd", "abd", "bbc", "Abc"]) expect(isSameText(other, "abc")).toBe(false);
});

test("random bytes are as many as were asked for, and never the same", () => {
  const all = Array.from({ length: 100 }, () => randomHex(16));
  for (const one of all) expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(all).size).toBe(100);
});
