import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The tests of the built program run it, so it must be there; that it is older than its source may be a mistake. */
export async function setup(): Promise<void> {
  const built = await stat(join(root, "dist/cli.js")).catch(() => undefined);
  if (built === undefined)
    throw new Error("dist/ is not built, and test/e2e runs what is in it; run `npm run build` first");
  const names = await readdir(join(root, "src"), { recursive: true });
  const sources = await Promise.all(names.map((name) => stat(join(root, "src", name))));
  if (sources.some((source) => source.isFile() && source.mtimeMs > built.mtimeMs)) {
    console.warn("dist/ is older than src/: test/e2e runs the old program until the next `npm run build`");
  }
}
