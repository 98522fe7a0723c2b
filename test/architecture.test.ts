import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as rules from "./support/architecture.ts";
import { loadedWith, readSourceTree, sourceTree } from "./support/source-tree.ts";

const source = await readSourceTree(join(import.meta.dirname, "../src"));

const ruleByName: Record<string, rules.Rule> = Object.fromEntries(Object.entries(rules));

test.each(Object.entries(ruleByName))("%s holds in src/", (_name, rule) => {
  expect(rule(source)).toEqual([]);
});

test("the files that rules name are there", () => {
  const named = ["front.ts", "config.ts", "agent/agent.ts", "providers/provider.ts", "session/store.ts", "message.ts"];
  expect([...source.keys()]).toEqual(
    expect.arrayContaining([...named, "errors.ts", "web/page.ts", "math/expression.ts"]),
  );
});

test("imports are followed from file to file", () => {
  expect([...loadedWith(source, "front.ts")]).toEqual(expect.arrayContaining(["mcp/stdio.ts", "message.ts"]));
});

/** For each rule, trees that break it and the sentence that says so. */
const violations: Record<keyof typeof rules, [texts: Record<string, string>, sentence: string][]> = {
  importDirection: [
    [{ "errors.ts": 'import { log } from "./runtime.ts";' }, "errors.ts imports runtime.ts, which is above it"],
    [
      { "tools/a.ts": 'import type { Engine } from "../engine/engine.ts";' },
      "tools/a.ts imports engine/engine.ts, which is above it",
    ],
    [
      { "engine/a.ts": 'const b = await import("../agent/b.ts");' },
      "engine/a.ts imports agent/b.ts, which is above it",
    ],
    [{ "web/a.ts": 'export { b } from "../mcp/b.ts";' }, "web/a.ts imports mcp/b.ts, which is above it"],
    [
      { "engine/a.ts": 'import {\n  b,\n  type C,\n} from "../config.ts";' },
      "engine/a.ts imports config.ts, which is above it",
    ],
    [{ "engine/a.ts": 'import "../front.ts";' }, "engine/a.ts imports front.ts, which is above it"],
    [{ "data/a.ts": 'type B = typeof import("../tools/b.ts");' }, "data/a.ts imports tools/b.ts, which is above it"],
    [
      { "web/a.ts": 'import { b } from "../data/b.ts";' },
      "web/a.ts imports its sibling data/b.ts; runtime.ts hands it in",
    ],
    [
      { "cli/a.ts": 'import * as b from "../agent/b.ts";' },
      "cli/a.ts imports its sibling agent/b.ts; runtime.ts hands it in",
    ],
    [{ "new.ts": 'import "zod";' }, "new.ts has no tier: give it one in test/support/architecture.ts"],
  ],
  sdkStaysInMcp: [
    [
      { "engine/a.ts": 'import type { Server } from "@modelcontextprotocol/sdk/server/index.js";' },
      "engine/a.ts imports @modelcontextprotocol/sdk/server/index.js, which only mcp/ may",
    ],
  ],
  configReadsEnvironment: [
    [
      { "web/a.ts": "const proxy = process.env.HTTP_PROXY;" },
      "web/a.ts reads the environment, which only config.ts may",
    ],
    [{ "web/a.ts": "const { env } = process;" }, "web/a.ts reads the environment, which only config.ts may"],
    [{ "web/a.ts": 'import { env } from "node:process";' }, "web/a.ts imports node:process; use the global"],
    [
      { "tools/a.ts": "run(process.argv);" },
      "tools/a.ts reads the command line, which only config.ts and the entries may",
    ],
    [{ "cli.ts": "run(process.env);" }, "cli.ts reads the environment, which only config.ts may"],
  ],
  portabilityLine: [
    [{ "agent/a.ts": 'import { join } from "node:path";' }, "agent/a.ts imports node:path, but must run without Node"],
    [
      { "providers/a.ts": 'import { fetch } from "undici";' },
      "providers/a.ts imports undici, but must run without Node",
    ],
    [{ "session/store.ts": "const b = Buffer.from(a);" }, "session/store.ts uses Buffer, but must run without Node"],
    [
      { "web/page.ts": 'import { b } from "./b.ts";', "web/b.ts": 'import "fs";' },
      "web/b.ts imports fs, but must run without Node",
    ],
  ],
  firstReplyLoadsNoPackage: [
    [
      { "front.ts": 'import { a } from "./mcp/a.ts";', "mcp/a.ts": 'import { z } from "zod";' },
      "mcp/a.ts loads zod before the first reply",
    ],
  ],
  onlyBarrelsReExport: [
    [{ "web/index.ts": 'export * from "./a.ts";' }, "web/index.ts re-exports from web/a.ts"],
    [{ "web/a.ts": 'export type { B } from "./b.ts";' }, "web/a.ts re-exports from web/b.ts"],
  ],
  namedExportsOnly: [
    [{ "web/a.ts": "export default function a() {}" }, "web/a.ts has a default export"],
    [{ "web/a.ts": "const a = 1;\nexport { a as default };" }, "web/a.ts has a default export"],
  ],
  atMost300Lines: [[{ "web/a.ts": "\n".repeat(300).concat("a();\n") }, "web/a.ts has 301 lines; split it"]],
  kebabCaseNames: [[{ "web/readPage.ts": "" }, "web/readPage.ts is not named in kebab-case"]],
};

describe.each(Object.entries(violations))("%s", (name, samples) => {
  test.each(samples)("finds a violation in %j", (texts, sentence) => {
    expect(ruleByName[name]?.(sourceTree(texts))).toEqual([sentence]);
  });
});

test("every dependency has its reason in docs/decisions", async () => {
  const read = (path: string) => readFile(join(import.meta.dirname, "..", path), "utf8");
  const reasons = await read("docs/decisions/0007-dependencies.md");
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(await read("package.json")) as Record<
    string,
    object
  >;
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies }).map((name) =>
    name.replace(/^@types\/.*/, "@types/*"),
  );
  expect(names.filter((name) => !reasons.includes(`\`${name}\``))).toEqual([]);
});

test("an example in a comment is not taken for code", () => {
  const commented =
    '/**\n * import { a } from "../front.ts";\n */\n// process.env.HOME\nconst url = "https://a.b"; // import("../mcp/b.ts")\n';
  for (const rule of Object.values(ruleByName)) expect(rule(sourceTree({ "web/a.ts": commented }))).toEqual([]);
});

test("a package loaded lazily or for its types alone does not count as loaded", () => {
  const front =
    'import type { z } from "zod";\nconst load = () => import("undici");\nimport { join } from "node:path";';
  expect(rules.firstReplyLoadsNoPackage(sourceTree({ "front.ts": front }))).toEqual([]);
});
