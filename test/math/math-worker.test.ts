import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { entryUrl } from "../../src/entries.ts";
import { neededFactories } from "../../src/math/factories.ts";
import { openMath } from "../../src/math/instance.ts";

test("what would take for ever does not outlive its owner", { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [fileURLToPath(entryUrl("math-worker"))], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.end('"1 + 1"\n"factorial(1e9)"\n');
  const [answers, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(answers.split("\n")).toEqual(['"ready"', '{"ok":true,"result":"2","type":"BigNumber"}', ""]);
  expect(code).toBe(1);
});

test("every function of mathjs that is made by its first call is one that chooses by types", () => {
  const math: unknown = openMath("BigNumber");
  const names = Object.values(neededFactories).map(({ fn }) => fn);
  const made = names.map((name) => Reflect.get(Object(math), name) as { signatures?: object } | undefined);
  // what is not throws here
  expect(made.filter((one) => one?.signatures !== undefined).length).toBeGreaterThan(200);
});
