/**
 * Build `dist/`: the processes bundled with their dependencies, the library with its packages left outside, and the
 * library's type declarations. Everything lies flat in one folder, because `src/entries.ts` finds its files there.
 *
 *   node scripts/build.ts            build once
 *   node scripts/build.ts --watch    build, then again after every change under src/
 *   node scripts/build.ts --bundle DIR   only the processes, into another folder, with what they are made of: `metafiles.json`
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { build, type BuildOptions, type Metafile, type PluginBuild } from "esbuild";
import { englishOnly } from "./english-only.ts";
import { joinChunks } from "./join-chunks.ts";
import { lazyHttp2 } from "./lazy-http2.ts";
import { lazySeed } from "./lazy-seed.ts";
import { namedImports } from "./named-imports.ts";
import { neededMathjs } from "./needed-mathjs.ts";
import { plainBuiltins } from "./plain-builtins.ts";
import { slimUndici } from "./slim-undici.ts";
import { thirdPartyLicences } from "./third-party.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Started before the version of Node is known. */
const launchers = ["src/cli.ts", "src/mcp-server.ts"];
const maxLauncherBytes = 4_096;
/** Starts another process before it loads what it needs itself. Shares no class with that: it has copies of what it imports. */
const starter = "src/engine-host.ts";
/**
 * What is bundled together shares its code in chunks, of which every entry reads a score. A child, which shares little,
 * is bundled by itself: reading few files is most of a fast start.
 */
const processes = [
  [...launchers, starter],
  ["src/data/sql/sql-child.ts"],
  ["src/data/databases/sqlite-child.ts"],
  ["src/web/page-worker.ts", "src/web/page-child.ts"],
  ["src/web/pdf/pdf-worker.ts"],
  ["src/data/chart/chart-worker.ts"],
];
/** Run by `runKept`, which keeps more of their compiled code. */
const keptPrograms = ["src/math/math-worker.ts"];
/**
 * What a server loads for its first reply; for the list of tools or a call in the shared engine; then one of the others, of
 * which those of a list are loaded together. What is loaded apart from them shall not load theirs.
 */
const startOrder = {
  first: ["src/front.ts", "src/runtime.ts"],
  others: [
    "src/engine/shared/start-engine.ts",
    "src/runtime/open-services.ts",
    "src/math/evaluate.ts",
    "src/web/guard.ts",
    "src/tools/read-page.ts",
    "src/shared-process.ts",
    "src/engine-process.ts",
    ["src/data/sql.ts", "src/tools/run-query.ts"],
    ["src/tools/scrape.ts", "src/web/scrape.ts", "src/web/scrape-pages.ts", "src/web/page-cache.ts"],
  ],
  apart: ["src/tools/query-database.ts", "src/runtime/open-agent.ts", "src/runtime/node-host.ts", "src/agent/agent.ts"],
};
const library = ["src/index.ts", "src/testing.ts"];

/** Native bindings stay in node_modules, and so does what reads files beside itself or may be left out. */
const unbundlable = ["@duckdb/node-bindings", "@resvg/resvg-js", "playwright-core"];

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
  const [bundled] = await Promise.all([bundleProcesses(folder), writeTypes(join(folder, "types"))]);
  const sources = bundled.flatMap(({ inputs }) => Object.keys(inputs));
  await writeFile(join(folder, "third-party-licences.txt"), await thirdPartyLicences(root, sources));
}

/** Everything that runs. */
async function bundleProcesses(folder: string): Promise<Metafile[]> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const shared = { outdir: folder, define: { __AXONER_VERSION__: JSON.stringify(version) } };
  const plugins = [namedImports(), englishOnly(), lazyHttp2(), lazySeed(), neededMathjs(), slimUndici()];
  const [external, bundled] = await Promise.all([
    bundle({ ...shared, entryPoints: library, packages: "external" }),
    Promise.all(processes.map((entryPoints) => bundle({ ...shared, entryPoints, external: unbundlable, plugins }))),
  ]);
  const kept = await Promise.all(keptPrograms.map((entry) => bundleKept(entry, { ...shared, plugins })));
  const files = [...bundled, external].flatMap(({ outputFiles }) => outputFiles);
  await Promise.all(files.map((file) => writeFile(file.path, file.contents)));
  const built = (entry: string) => join(folder, `${basename(entry, ".ts")}.js`);
  await Promise.all(launchers.map((entry) => finishLauncher(built(entry))));
  await putTogether(built(starter), "node22");
  if (bundled[0] !== undefined) await joinChunks(folder, bundled[0].metafile, startOrder);
  const written = (await readdir(folder)).filter((name) => name.endsWith(".js"));
  await Promise.all(written.map((name) => rewrite(join(folder, name), giveRequire)));
  const ofLibrary = external.outputFiles.map(({ path }) => basename(path));
  const ofProcesses = written.filter((name) => !ofLibrary.includes(name));
  await Promise.all(ofProcesses.map((name) => rewrite(join(folder, name), plainBuiltins)));
  return [...bundled, ...kept].map(({ metafile }) => metafile);
}

/** A file that runs a program by `runKept`, and the program, which has a digest of its text in its name. */
async function bundleKept(entry: string, options: Pick<BuildOptions, "outdir" | "define" | "plugins">) {
  const name = basename(entry, ".ts");
  const program = await bundle({ ...options, entryPoints: [entry], splitting: false, format: "cjs" });
  const text = program.outputFiles[0]?.text ?? "";
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
  const file = `${name}-${digest}.cjs`;
  const contents = `import { runKept } from "./src/kept-program.ts";\nrunKept(new URL("./${file}", import.meta.url));\n`;
  const starting = await bundle({ ...options, stdin: { contents, resolveDir: root }, entryNames: name });
  await writeFile(join(options.outdir ?? root, file), text);
  await writeFile(join(options.outdir ?? root, `${name}.js`), starting.outputFiles[0]?.text ?? "");
  return program;
}

/** For those who look into what is built, without the time that the rest of it takes. */
async function bundleOnly(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "metafiles.json"), JSON.stringify(await bundleProcesses(folder)));
}

function bundle(options: BuildOptions) {
  return build({
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" }, // its other half asks for its files in a way that cannot be bundled
    splitting: true,
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    minifySyntax: true,
    legalComments: "none",
    logLevel: "warning",
    ...options,
    metafile: true,
    write: false,
  });
}

/**
 * Bundled CommonJS packages ask for Node's modules through esbuild's stand-in for `require`; the chunk that holds it is
 * given the real one. Done after the launchers have taken what they need, because they share that chunk.
 */
function giveRequire(text: string): string {
  const prelude = `import { createRequire } from "node:module";
let __required;
const require = (name) => (__required ??= createRequire(import.meta.url))(name);
`;
  return /^var __require = /m.test(text) ? prelude + text : text;
}

async function rewrite(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, "utf8");
  const changed = change(text);
  if (changed !== text) await writeFile(path, changed);
}

/**
 * A launcher must be readable by any Node since 14, or an old one would show a syntax error in place of the sentence
 * that names its version. So what it imports statically is put into it, its syntax is lowered, and the rest of the
 * program stays behind `import()`.
 */
async function finishLauncher(file: string): Promise<void> {
  const output = await putTogether(file, "node14");
  const eager = output?.imports.find((imported) => imported.kind !== "dynamic-import");
  if (eager !== undefined) throw new Error(`${basename(file)} imports ${eager.path} statically; load it with import()`);
  if (output === undefined || output.bytes > maxLauncherBytes) {
    throw new Error(`${basename(file)} has grown to ${output?.bytes} bytes; load what it needs with import()`);
  }
  await chmod(file, 0o755);
}

/** Put what a file imports statically into it: what runs before anything else is read is read at once. */
async function putTogether(file: string, target: string) {
  const { metafile } = await build({
    absWorkingDir: dirname(file),
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    platform: "node",
    target,
    metafile: true,
    plugins: [{ name: "leave-lazy", setup: leaveLazyImports }],
  });
  return Object.values(metafile.outputs)[0];
}

function leaveLazyImports(launcher: PluginBuild): void {
  launcher.onResolve({ filter: /./ }, ({ kind, path }) =>
    kind === "dynamic-import" ? { path, external: true } : undefined,
  );
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

const [mode, folder] = process.argv.slice(2);
if (mode === "--bundle" && folder !== undefined) await bundleOnly(join(root, folder)).catch(report);
else await (mode === "--watch" ? buildOnChange() : buildOnce().catch(report));
