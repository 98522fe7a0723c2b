import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";
import { temporaryFolder } from "../support/config.ts";

const prices = { "local/tiny": { input: 0, output: 0 }, big: { input: 0.5, output: 1.5, cachedInput: 0.05 } };

test("prices are an object of the file, or JSON text of a flag or the environment", () => {
  const file = join(temporaryFolder(), "axoner.json");
  writeFileSync(file, JSON.stringify({ prices }));
  expect(readConfig(["--config", file]).config.prices).toEqual(prices);
  expect(readConfig(["--prices", JSON.stringify(prices)]).config.prices).toEqual(prices);
  process.env["AXONER_PRICES"] = JSON.stringify(prices);
  onTestFinished(() => void delete process.env["AXONER_PRICES"]);
  expect(readConfig([]).config.prices).toEqual(prices);
});

test.each([
  ["no JSON", "{"],
  ["a list", "[]"],
  ["a bare number", '{"m": 1}'],
  ["only one of the two", '{"m": {"input": 1}}'],
  ["a price below zero", '{"m": {"input": 1, "output": -1}}'],
  ["another field", '{"m": {"input": 1, "output": 1, "cached": 1}}'],
  ["a text", '{"m": {"input": "1", "output": 1}}'],
])("%s is refused, and what is wanted is shown", (_what, given) => {
  expect(() => readConfig(["--prices", given])).toThrow(ConfigError);
  expect(() => readConfig(["--prices", given])).toThrow(/--prices: must be .*"input": 0.5/);
});
