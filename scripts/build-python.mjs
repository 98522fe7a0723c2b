/**
 * Build the Python package with the server in it, for the platform this runs on: `python-client/dist/axoner-*.whl`.
 *
 *   node scripts/build-python.mjs             build dist/ first
 *   node scripts/build-python.mjs --no-build  take dist/ as it is
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { findPython } from "./lib/python.mjs";
import { root } from "./lib/project.mjs";
import { runMain, runOrThrow, ScriptError } from "./lib/run.mjs";
import { nativePackages, wheelPlatform } from "./lib/wheel-platform.mjs";

/** Where processes and threads start; the library (`index.js`, `testing.js`) stays out. */
const entries = [
  "cli.js",
  "mcp-server.js",
  "engine-host.js",
  "sql-child.js",
  "sqlite-child.js",
  "page-worker.js",
  "pdf-worker.js",
  "math-worker.js",
  "chart-worker.js",
];

/** What the processes load from packages, besides the native ones. */
const fonts = ["400Regular/Inter_400Regular.ttf", "600SemiBold/Inter_600SemiBold.ttf"];

const dist = join(root, "dist");
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

async function stageServer(folder) {
  const files = await reachable(entries);
  const copies = [...files, "third-party-licences.txt"].map((file) => cp(join(dist, file), join(folder, "dist", file)));
  const packages = nativePackages().map((name) => copyPackage(name, folder));
  await Promise.all([...copies, ...packages, copyFonts(folder)]);
  const { name, version, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, version, license, type: "module" }));
}

/** The files of `dist/` that these load, now or later: chunks have names that stand in the files that import them. */
async function reachable(names) {
  const built = new Set(await readdir(dist));
  const found = new Set();
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const text = await readFile(join(dist, name), "utf8");
    for (const [, imported = ""] of text.matchAll(/["'`]\.\/([\w.-]+\.js)["'`]/g)) {
      if (built.has(imported)) pending.push(imported); // packages hold names of files that are not here
    }
  }
  return [...found];
}

async function copyPackage(name, folder) {
  await cp(join(root, "node_modules", name), join(folder, "node_modules", name), {
    recursive: true,
    dereference: true,
    filter: (path) => !/\.(d\.ts|map|md)$/.test(path) || basename(path).startsWith("LICENSE"),
  });
}

async function copyFonts(folder) {
  const name = "node_modules/@expo-google-fonts/inter";
  const licences = (await readdir(join(root, name))).filter((file) => /^licen[cs]e/i.test(file));
  for (const file of [...fonts, ...licences, "package.json"]) {
    await mkdir(dirname(join(folder, name, file)), { recursive: true });
    await cp(join(root, name, file), join(folder, name, file));
  }
}

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
