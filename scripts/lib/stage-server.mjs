/** Puts together what the Python wheel, the bundle for Claude Desktop and the executable have in them. */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { entryNames } from "../../src/entries.ts";
import { root } from "./project.mjs";
import { ScriptError } from "./run.mjs";
import { nativePackages } from "./wheel-platform.mjs";

/** What the processes load from packages, besides the native ones. */
const fonts = ["400Regular/Inter_400Regular.ttf", "600SemiBold/Inter_600SemiBold.ttf"];

const dist = join(root, "dist");

/**
 * The server as it runs where no package manager has been: the processes of `dist/` and what they load from packages,
 * for the platform this runs on. The library (`index.js`, `testing.js`) stays out.
 */
export async function stageServer(folder) {
  const files = await reachable(["cli.js", ...entryNames.map((name) => `${name}.js`)]);
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
    for (const [, imported = ""] of text.matchAll(/["'`]\.\/([\w.-]+\.c?js)["'`]/g)) {
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

/** The file with the licence of the project's own Node, which its package brings beside it. */
export async function nodeLicence() {
  const packages = join(root, "node_modules/node/node_modules");
  const names = await readdir(packages).catch(() => []);
  const name = names.find((file) => /^node-(bin-)?(linux|darwin|win)-/.test(file));
  if (name === undefined) throw new ScriptError("Node's licence is not there; `npm ci` brings it");
  return join(packages, name, "LICENSE");
}
