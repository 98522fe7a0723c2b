/** Brings the checkout to where it can run: dependencies installed, `dist/` built. Does nothing where it is. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { runOrThrow } from "./run.mjs";

export const root = join(import.meta.dirname, "..", "..");

/** The project's own Node, which runs everything of ours whatever Node the user has. */
export const projectNode =
  process.platform === "win32" ? join(root, "node_modules/node/bin/node.exe") : join(root, "node_modules/.bin/node");

export async function prepare() {
  if (!isInstalled()) {
    console.error("axoner: installing what package-lock.json names …");
    await npm("ci", "--no-audit", "--no-fund", "--loglevel=error");
  }
  if (!isBuilt()) {
    console.error("axoner: building …");
    await npm("run", "--silent", "build");
  }
}

function isInstalled() {
  const installed = join(root, "node_modules/.package-lock.json");
  return existsSync(projectNode) && existsSync(installed) && newest("package-lock.json") <= statSync(installed).mtimeMs;
}

function isBuilt() {
  const built = join(root, "dist/mcp-server.js");
  if (!existsSync(built)) return false;
  const sources = ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"];
  return Math.max(...sources.map(newest)) <= statSync(built).mtimeMs;
}

/** When a file, or anything in a folder, changed last; the folder's own time says that something was removed. */
function newest(path) {
  const stats = statSync(join(root, path));
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(join(root, path)).map((name) => newest(join(path, name))));
}

/** Run npm: the one that started us where there is one, else the one on PATH. */
export async function npm(...args) {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && basename(cli) === "npm-cli.js")
    return runOrThrow(process.execPath, [cli, ...args], { cwd: root });
  if (process.platform !== "win32") return runOrThrow("npm", args, { cwd: root });
  return runOrThrow("cmd.exe", ["/d", "/s", "/c", "npm", ...args], { cwd: root });
}
