/**
 * Build the single executable, for the platform this runs on: `packages/axoner-VERSION-PLATFORM-ARCH`.
 *
 *   node scripts/build-binary.mjs             build dist/ first
 *   node scripts/build-binary.mjs --no-build  take dist/ as it is
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { build } from "esbuild";
import { inject } from "postject";
import { projectNode, root } from "./lib/project.mjs";
import { runMain, runOrThrow } from "./lib/run.mjs";
import { nodeLicence, stageServer } from "./lib/stage-server.mjs";

const { platform, arch } = process;
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

await runMain(async (args) => {
  if (!args.includes("--no-build")) await runOrThrow(process.execPath, [join(root, "scripts/build.ts")]);
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, "axoner-binary-"));
  try {
    await packProgram(staging);
    const program = await makeExecutable(staging);
    const target = join(root, "packages", `axoner-${version}-${platform}-${arch}${platform === "win32" ? ".exe" : ""}`);
    await mkdir(join(root, "packages"), { recursive: true });
    await rename(program, target);
    console.log(`built packages/${basename(target)} (${((await stat(target)).size / 1e6).toFixed(1)} MB)`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return 0;
});

/** All files one behind the other, compressed as one; and which they are. */
async function packProgram(staging) {
  const folder = join(staging, "program");
  await stageServer(folder);
  await cp(await nodeLicence(), join(folder, "node-licence.txt"));
  const importing = `import(require("node:url").pathToFileURL(process.argv[1]).href);\n`;
  await writeFile(join(folder, "import.cjs"), importing);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(paths.toSorted().map((path) => readFile(path)));
  const files = paths.toSorted().map((path, index) => ({
    path: path.slice(folder.length + 1).replaceAll(sep, "/"),
    sizeBytes: contents[index].length,
  }));
  const whole = Buffer.concat(contents);
  const digest = createHash("sha256").update(JSON.stringify(files)).update(whole).digest("hex").slice(0, 16);
  await writeFile(join(staging, "index.json"), JSON.stringify({ digest, files }));
  const level = { [constants.ZSTD_c_compressionLevel]: 15 };
  await writeFile(join(staging, "program.zst"), zstdCompressSync(whole, { params: level }));
}

/** The project's own Node, with the program put into it as Node's documentation says. */
async function makeExecutable(staging) {
  const main = join(staging, "executable.cjs");
  const entryPoints = [join(root, "scripts/executable/start.ts")];
  await build({ entryPoints, outfile: main, bundle: true, platform: "node", format: "cjs", target: "node24" });
  const config = {
    main,
    output: join(staging, "axoner.blob"),
    disableExperimentalSEAWarning: true,
    execArgvExtension: "cli", // child processes are started with flags of Node
    assets: { index: join(staging, "index.json"), program: join(staging, "program.zst") },
  };
  await writeFile(join(staging, "sea.json"), JSON.stringify(config));
  await runOrThrow(projectNode, ["--experimental-sea-config", join(staging, "sea.json")]);
  const program = join(staging, "axoner");
  await cp(projectNode, program, { dereference: true });
  await chmod(program, 0o755);
  if (platform === "linux") spawnSync("strip", [program]); // names for debuggers, 18 MB; without `strip` they stay
  if (platform === "darwin") await runOrThrow("codesign", ["--remove-signature", program]);
  const machO = platform === "darwin" ? { machoSegmentName: "NODE_SEA" } : {};
  await inject(program, "NODE_SEA_BLOB", await readFile(config.output), { sentinelFuse: fuse, ...machO });
  if (platform === "darwin") await runOrThrow("codesign", ["--sign", "-", program]);
  return program;
}
