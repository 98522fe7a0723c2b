import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The licences of every package that has a file among the sources of the bundle, as their terms ask: one section a package, by name. */
export async function thirdPartyLicences(root: string, sources: readonly string[]): Promise<string> {
  const folders = new Set(sources.flatMap(packageFolder));
  const sections = await Promise.all([...folders].map((folder) => licenceOf(join(root, folder))));
  return `dist/ holds code of these packages.\n\n${sections.toSorted().join("\n\n")}\n`;
}

/** `node_modules/a/lib/b.js` -> `node_modules/a`, at whatever depth the package is installed. */
function packageFolder(input: string): string[] {
  const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
  return folder === undefined ? [] : [folder];
}

async function licenceOf(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  const file = (await readdir(folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text = file === undefined ? "(the package ships no licence text)" : await readFile(join(folder, file), "utf8");
  const title = `${String(manifest["name"])} ${String(manifest["version"])} (${String(manifest["license"])})`;
  return `${title}\n${"-".repeat(title.length)}\n${text.trim()}`;
}
