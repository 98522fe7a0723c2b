import { expect, test } from "vitest";
import { options } from "../../src/config/options.ts";
import { repeatOptions } from "../../src/config/repeated.ts";
import { readCommandLine } from "../../src/config/sources.ts";

function repeated(...argv: string[]): string[] {
  return repeatOptions(readCommandLine(argv, options), "/work");
}

test("what a command line sets is set again, whatever folder the next start begins in", () => {
  const given = ["--root", "data", "--root=/other", "--tools", "scrape,read_rows", "--max-turns", "5", "--durable"];
  const paths = ["--store", "sqlite:runs.db", "--database", "shop=sqlite:shop.db", "--config", "axoner.json"];
  const roots = [
    "--root",
    "/work/data",
    "--root",
    "/other",
    "--tools",
    "scrape,read_rows",
    "--max-turns",
    "5",
    "--durable",
  ];
  const files = ["--store", "sqlite:/work/runs.db", "--database", "shop=sqlite:/work/shop.db", "--config"];
  expect(repeated(...given, ...paths, "cursor")).toEqual([...roots, ...files, "/work/axoner.json"]);
});

test("a recording is of one start, not of every one", () => {
  expect(repeated("--record", "run.jsonl", "--replay", "old.jsonl")).toEqual([]);
});

test.each([
  [["--store", "redis://:secret@server"], "--store has a password in it"],
  [["--database", "shop=postgres://u:secret/w@h/db"], "--database has a password in it"],
  [["--database", "shop=postgres://h/db?user=u&password=secret"], "--database has a password in it"],
  [["--base-url", "https://x/v1?api_key=secret"], "--base-url has a password in it"],
  [["--base-url", "https://x/v1?%61pi-key=secret"], "--base-url has a password in it"],
  [["--base-url", "https://secret@x/v1"], "--base-url has a password in it"],
  [["--token", "secret"], "--token is for HTTP"],
  [["--http", "0.0.0.0:99"], "axoner mcp --http 0.0.0.0:99"],
])("%j is not repeated, and the error says what to do", (given, message) => {
  expect(() => repeated(...given)).toThrow(message);
  expect(() => repeated(...given)).not.toThrow("secret");
});

test("an address without a password is repeated", () => {
  const given = [
    "--database",
    "shop=postgres://me@h:5432/db?sslmode=require&sslkey=/k.pem&passfile=/p",
    "--base-url",
    "https://x:8443/models/m@001?keyboard=1",
  ];
  expect(repeated(...given)).toEqual(given);
});
