import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type Metafile, type PluginBuild } from "esbuild";

/** What a chunk is called, and which file its exports are in now: under the same names after a prefix. */
interface Place {
  file: string;
  prefix: string;
}

interface Entries {
  first: readonly string[];
  others: readonly (string | readonly string[])[];
  apart: readonly string[];
}

type Places = Map<string, Place>;

/**
 * Put chunks that are always loaded together into one file. What an entry imports is spread over a score of chunks, since
 * each set of entries that share a module has its own; to find and read one takes longer than to compile what is in it.
 *
 * @param first sources that are loaded one after the other, before all else: each file has what those before it lack
 * @param others sources that may be loaded then, those of a list together: each has what none of the others needs
 * @param apart sources whose chunks stay as they are, since those of `others` that need them too are not loaded with them
 */
export async function joinChunks(
  folder: string,
  { outputs }: Metafile,
  { first, others, apart }: Entries,
): Promise<void> {
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const places: Places = new Map();
  const isFree = (chunk: string) => !places.has(chunk) && byName.get(chunk)?.entryPoint === undefined;
  const closure = (entry: string) => closureOf(nameOf(entry, byName), byName);
  const closureOfAll = (entries: string | readonly string[]) => [...new Set([entries].flat().flatMap(closure))];
  for (const entry of first) {
    const file = nameOf(entry, byName);
    await joinInto(folder, [file, ...closure(entry).filter(isFree)], { byName, places, file });
  }
  for (const entry of others) {
    const rivals = [...others, ...apart].filter((other) => other !== entry).flatMap(closureOfAll);
    const together = closureOfAll(entry).filter((chunk) => isFree(chunk) && !rivals.includes(chunk));
    if (together.length > 1) await joinInto(folder, together, { byName, places });
  }
  const moved = [...places].filter(([name, { file }]) => name !== file);
  await Promise.all(moved.map(([name]) => rm(join(folder, name))));
  const files = (await readdir(folder)).filter((name) => name.endsWith(".js"));
  await Promise.all(files.map((name) => moveImports(join(folder, name), places)));
}

type Outputs = ReadonlyMap<string, Metafile["outputs"][string]>;

function nameOf(entry: string, byName: Outputs): string {
  const [name] = [...byName].find(([, { entryPoint }]) => entryPoint === entry) ?? [];
  if (name === undefined) throw new Error(`${entry} is no entry of the build`);
  return name;
}

/** What an output imports, and what that imports. */
function closureOf(name: string, byName: Outputs): string[] {
  const found = new Set([name]);
  for (const one of found) {
    for (const { path, kind, external } of byName.get(one)?.imports ?? []) {
      if (kind === "import-statement" && external !== true) found.add(basename(path));
    }
  }
  return [...found].filter((one) => one !== name);
}

/** @param file the one of them that has all then, under whose own names it is imported; default: a new one */
async function joinInto(
  folder: string,
  names: readonly string[],
  { byName, places, file: given }: { byName: Outputs; places: Places; file?: string },
): Promise<void> {
  const prefixes = new Map(names.map((name, index) => [name, name === given ? "" : `c${index}_`]));
  const lines = [...prefixes].map(([name, prefix]) => {
    const exports = byName.get(name)?.exports ?? [];
    return `export { ${exports.map((one) => `${one} as ${prefix}${one}`).join(", ")} } from "./${name}";`;
  });
  const leaveOthers = ({ onResolve }: PluginBuild) => {
    onResolve({ filter: /./ }, ({ kind, path }) => {
      const isOne = kind === "import-statement" && path.startsWith("./") && prefixes.has(basename(path));
      return isOne ? { path: join(folder, path) } : { path, external: true };
    });
  };
  const { outputFiles } = await build({
    stdin: { contents: lines.join("\n"), resolveDir: folder },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    write: false,
    plugins: [{ name: "leave-others", setup: leaveOthers }],
  });
  const chunks = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  // what each part was made of is told in comments, which do not outlast a second bundling
  const sources = chunks.flatMap((chunk) => chunk.match(/^\/\/ .*\b(?:node_modules|src)\/.+$/gm) ?? []);
  const joined = (outputFiles[0]?.text ?? "").replace(/^\/\/ \S*?([^/\s]+\.js)\n/gm, (comment, name: string) =>
    prefixes.has(name) ? "" : comment,
  );
  const text = `${sources.join("\n")}\n${joined}`;
  const file = given ?? `joined-${createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase()}.js`;
  await writeFile(join(folder, file), text);
  for (const [name, prefix] of prefixes) places.set(name, { file, prefix });
}

/** Let a file import from where the exports are now. */
async function moveImports(path: string, places: Places): Promise<void> {
  const before = await readFile(path, "utf8");
  const text = before.replace(
    /^import (?:\{([^}]*)\} from )?"\.\/([^"/]+)";$/gm,
    (statement, names: string | undefined, chunk: string) => {
      const place = places.get(chunk);
      if (place === undefined) return statement;
      if (names === undefined) return `import "./${place.file}";`;
      const moved = names.split(",").map((name) => {
        const [exported = "", local = exported] = name.trim().split(" as ");
        return `  ${place.prefix}${exported} as ${local}`;
      });
      return `import {\n${moved.join(",\n")}\n} from "./${place.file}";`;
    },
  );
  const left = [...places].find(([chunk, { file }]) => chunk !== file && text.includes(`"./${chunk}"`))?.[0];
  if (left !== undefined) throw new Error(`${basename(path)} still imports ${left}, which is joined with others`);
  if (text !== before) await writeFile(path, text);
}
