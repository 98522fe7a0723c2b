import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtCli } from "./server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The path of a file in `packages/`. Its script makes it anew where what goes into it has changed since: packing takes
 * a minute of a busy machine.
 */
export async function packageFile(name: string, script: string): Promise<string> {
  const path = join(root, "packages", name);
  const scripts = readdirSync(join(root, "scripts"), { recursive: true, encoding: "utf8" });
  const sources = [builtCli, ...scripts.map((file) => join(root, "scripts", file))];
  const newest = Math.max(...sources.map((source) => statSync(source).mtimeMs));
  if (existsSync(path) && statSync(path).mtimeMs > newest) return path;
  await promisify(execFile)(process.execPath, [join(root, "scripts", script), "--no-build"]);
  return path;
}
