/** `npm run test:model`: the providers against a small real model on this machine, which is installed first (250 MB). */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { prepare, projectNode, root } from "./lib/project.mjs";
import { findPython } from "./lib/python.mjs";
import { run, runMain, runOrThrow, ScriptError } from "./lib/run.mjs";

const environment = join(root, "node_modules/.cache/axoner-test-model");
const folder = join(root, "test/model");

await runMain(async () => {
  await prepare();
  const python = await ensureEnvironment();
  const server = spawn(python, [join(folder, "serve.py"), join(environment, "model.gguf")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const address = await firstLine(server);
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    return await run(projectNode, [vitest, "run", "--config", join(folder, "vitest.config.ts")], {
      cwd: root,
      env: { AXONER_TEST_MODEL_URL: address },
    });
  } finally {
    server.stdin.end();
  }
});

/** An environment with the pinned model and its server; made anew when they change. */
async function ensureEnvironment() {
  const bin = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const python = join(environment, bin);
  const requirements = join(folder, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  const installed = join(environment, "installed.txt");
  if (existsSync(installed) && readFileSync(installed, "utf8") === wanted) return python;
  console.error("axoner: installing the model …");
  await runOrThrow(findPython(), ["-m", "venv", "--clear", environment]);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
  await runOrThrow(python, install);
  writeFileSync(installed, wanted);
  return python;
}

async function firstLine(server) {
  for await (const line of createInterface(server.stdout)) return line;
  throw new ScriptError("the model's server ended before it was ready; what it wrote stands above");
}
