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

test("no password is repeated", () => {
  expect(() => repeated("--store", "redis://:secret@server")).toThrow("--store has a password in it");
});
