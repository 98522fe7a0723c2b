/**
 * Build the Python package with the server in it, for the platform this runs on: `python-client/dist/axoner-*.whl`.
 *
 *   node scripts/build-python.mjs             build dist/ first
 *   node scripts/build-python.mjs --no-build  take dist/ as it is
 */
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { findPython } from "./lib/python.mjs";
import { root } from "./lib/project.mjs";
import { runMain, runOrThrow, ScriptError } from "./lib/run.mjs";
import { stageServer } from "./lib/stage-server.mjs";
import { wheelPlatform } from "./lib/wheel-platform.mjs";

const target = join(root, "python-client/dist");

await runMain(async (args) => {
  if (!args.includes("--no-build")) await runOrThrow(process.execPath, [join(root, "scripts/build.ts")]);
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, "axoner-python-"));
  try {
    const server = join(staging, "server");
    await stageServer(server);
    await rm(target, { recursive: true, force: true });
    await buildWheel({ staging, server, platform: await wheelPlatform(server) });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  for (const wheel of await readdir(target)) {
    const { size } = await stat(join(target, wheel));
    console.log(`built python-client/dist/${wheel} (${(size / 1e6).toFixed(1)} MB)`);
  }
  return 0;
});

/** In an environment that has pip, which a Python of a Linux distribution may lack. */
async function buildWheel({ staging, server, platform }) {
  const environment = join(staging, "environment");
  await runOrThrow(findPython(), ["-m", "venv", environment]);
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const wheel = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check", "--wheel-dir", target];
  await runOrThrow(python, [...wheel, join(root, "python-client")], {
    env: { AXONER_SERVER: server, AXONER_PLATFORM: platform },
  });
  if (!(await readdir(target)).some((file) => file.endsWith(`-${platform}.whl`))) {
    throw new ScriptError(`the wheel is not one for ${platform}`);
  }
}
