import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ScriptError } from "./run.mjs";

/** Node 24 itself needs these. */
const oldestGlibc = 28;
const oldestMacOS = "13_5";

/** The packages with native files for this platform, and those that load them. */
export function nativePackages() {
  const { platform, arch } = process;
  const resvg = { linux: `linux-${arch}-gnu`, darwin: `darwin-${arch}`, win32: `win32-${arch}-msvc` }[platform];
  if (resvg === undefined || !["x64", "arm64"].includes(arch)) {
    throw new ScriptError(`there is no DuckDB for ${platform} on ${arch}, so no wheel either`);
  }
  return [
    "@duckdb/node-bindings",
    `@duckdb/node-bindings-${platform}-${arch}`,
    "@resvg/resvg-js",
    `@resvg/resvg-js-${resvg}`,
  ];
}

/**
 * The platform tag of a wheel that holds the native files of a folder.
 *
 * @throws ScriptError for a C library that is newer than what the tag promises
 */
export async function wheelPlatform(folder) {
  const { platform, arch } = process;
  if (platform === "win32") return arch === "arm64" ? "win_arm64" : "win_amd64";
  if (platform === "darwin") return `macosx_${oldestMacOS}_${arch === "arm64" ? "arm64" : "x86_64"}`;
  const glibc = Math.max(oldestGlibc, await newestGlibc(folder));
  return `manylinux_2_${glibc}_${arch === "arm64" ? "aarch64" : "x86_64"}`;
}

/** The minor version of glibc 2 that the native files ask for. */
async function newestGlibc(folder) {
  const files = await readdir(folder, { recursive: true });
  const native = files.filter((file) => /\.(node|so(\.\d+)*)$/.test(file));
  if (native.length === 0) throw new ScriptError(`${folder} holds no native file; \`npm ci\` installs them`);
  let newest = 0;
  for (const file of native) {
    const text = await readFile(join(folder, file), "latin1");
    for (const [, minor] of text.matchAll(/GLIBC_2\.(\d+)/g)) newest = Math.max(newest, Number(minor));
  }
  return newest;
}
