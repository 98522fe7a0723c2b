/**
 * Build `dist/`: the processes bundled with their dependencies, the library with its packages left outside, and the
 * library's type declarations. Everything lies flat in one folder, because `src/entries.ts` finds its files there.
 *
 *   node scripts/build.ts            build once
 *   node scripts/build.ts --watch    build, then again after every change under src/
 */
import { execFile } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { build, transform, type BuildOptions, type Metafile, type OutputFile } from "esbuild";
import { namedImports } from "./named-imports.ts";
import { thirdPartyLicences } from "./third-party.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Started before the version of Node is known: they may import nothing but what they load themselves. */
const launchers = ["src/cli.ts", "src/mcp-server.ts"];
const processes = [
  ...launchers,
  "src/engine-host.ts",
  "src/data/sql-child.ts",
  "src/web/page-worker.ts",
  "src/math/math-worker.ts",
].filter((entry) => existsSync(join(root, entry)));
const library = ["src/index.ts", "src/testing.ts"].filter((entry) => existsSync(join(root, entry)));

/** Left to node_modules: a native binding, and a pool that starts files of its own beside its code. */
const unbundlable = ["@duckdb/node-api", "tinypool"];

/** Build beside `dist/` and then swap, so that a failed build leaves the last good one. */
async function buildOnce(): Promise<void> {
  const started = performance.now();
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, "axoner-build-"));
  try {
    await chmod(staging, 0o755);
    await buildInto(staging);
    await rm(dist, { recursive: true, force: true });
    await rename(staging, dist);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  console.log(`built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function buildInto(folder: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const shared = { outdir: folder, define: { __AXONER_VERSION__: JSON.stringify(version) } };
  const [bundled, external] = await Promise.all([
    bundle({ ...shared, entryPoints: processes, external: unbundlable, plugins: [namedImports()] }),
    bundle({ ...shared, entryPoints: library, packages: "external" }),
    writeTypes(join(folder, "types")),
  ]);
  await Promise.all([...bundled.outputFiles, ...external.outputFiles].map(writeOutput));
  await finishLaunchers(folder, bundled.metafile);
  await writeFile(join(folder, "third-party-licences.txt"), await thirdPartyLicences(root, bundled.metafile));
}

function bundle(
  options: Pick<BuildOptions, "outdir" | "define" | "entryPoints" | "external" | "packages" | "plugins">,
) {
  return build({
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    splitting: true,
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    minifySyntax: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    write: false,
    ...options,
  });
}

function writeOutput(file: OutputFile): Promise<void> {
  return writeFile(file.path, withRequire(file.text));
}

/**
 * The chunk that holds esbuild's stand-in for `require` is given a real one, because bundled CommonJS packages ask for
 * Node's modules through it. No other file gets an import that it did not have.
 */
function withRequire(text: string): string {
  if (!/^var __require = /m.test(text)) return text;
  return `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\n${text}`;
}

/**
 * Lower the launchers' own few lines to what Node 14 reads. A static import in them would be read before their first
 * line runs, and an old Node would show a syntax error in place of the sentence that names its version.
 */
async function finishLaunchers(folder: string, metafile: Metafile): Promise<void> {
  for (const [path, { entryPoint, imports }] of Object.entries(metafile.outputs)) {
    if (entryPoint === undefined || !launchers.includes(entryPoint)) continue;
    const eager = imports.find((imported) => imported.kind !== "dynamic-import");
    if (eager !== undefined) throw new Error(`${entryPoint} imports ${eager.path} statically; load it with import()`);
    const file = join(folder, basename(path));
    const { code } = await transform(await readFile(file, "utf8"), { target: "node14", format: "esm" });
    await writeFile(file, code.startsWith("#!") ? code : `#!/usr/bin/env node\n${code}`);
    await chmod(file, 0o755);
  }
}

async function writeTypes(folder: string): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", folder];
  await promisify(execFile)(process.execPath, args).catch((failure: { stdout?: string }) => {
    throw new Error(`the type declarations could not be written:\n${failure.stdout ?? ""}`, { cause: failure });
  });
}

/** Build after every burst of changes. A failed build is reported and waits for the next change. */
async function buildOnChange(): Promise<never> {
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const watcher = watch(join(root, "src"), { recursive: true }, () => {
        watcher.close();
        resolve();
      });
    });
    await buildOnce().catch(report);
    await changed;
    await delay(100);
  }
}

function report(failure: unknown): void {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = 1;
}

await (process.argv.includes("--watch") ? buildOnChange() : buildOnce().catch(report));
