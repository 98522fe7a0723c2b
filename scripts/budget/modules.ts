import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Metafile } from "esbuild";

/** What a set of files is made of. */
export interface Loaded {
  /** Of the files, as they are read. */
  bytes: number;
  /** The sources in them, by their paths. */
  modules: Set<string>;
}

/** @param program the folder of the program, whose files tell in comments what they were made of */
export function modulesIn(urls: Iterable<string>, program: string): Loaded {
  const modules = new Set<string>();
  let bytes = 0;
  for (const url of urls) {
    const path = fileURLToPath(url);
    if (!existsSync(path) || path.endsWith(".node")) continue; // native, and another on each system
    const text = readFileSync(path);
    bytes += text.length;
    const parts = text.toString("latin1").matchAll(/^\/\/ (.*\b(?:node_modules|src)\/.+\.\w+)$/gm);
    for (const [, part = ""] of parts) modules.add(part);
    const isOwn = path.startsWith(program);
    if (!isOwn) modules.add(path.slice(path.lastIndexOf("/node_modules/") + 1));
  }
  return { bytes, modules };
}

/** A module of a package goes by the package's name, since that is what one decides on. */
export function nameOf(module: string): string {
  return /^.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? module;
}

/** Who imports what, and how much is left of it. */
export function openGraph(metafiles: readonly Metafile[]) {
  const importers = new Map<string, Set<string>>();
  const sizes = new Map<string, number>();
  for (const { inputs, outputs } of metafiles) {
    for (const [importer, { imports }] of Object.entries(inputs))
      for (const { path } of imports) importers.set(path, (importers.get(path) ?? new Set()).add(importer));
    for (const output of Object.values(outputs))
      for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) sizes.set(path, bytesInOutput);
  }
  return {
    sizeOf: (module: string) => sizes.get(module) ?? 0,
    /** The shortest way from a module to one that nobody imports of what is loaded, each imported by the one after it. */
    wayTo(module: string, loaded: ReadonlySet<string>): string[] {
      const from = new Map<string, string | undefined>([[module, undefined]]);
      for (const [at] of from) {
        const next = [...(importers.get(at) ?? [])].filter((one) => loaded.has(one));
        if (next.length === 0 && at !== module) return wayFrom(at, from);
        for (const one of next) if (!from.has(one)) from.set(one, at);
      }
      return [module];
    },
  };
}

export type Graph = ReturnType<typeof openGraph>;

function wayFrom(end: string, from: ReadonlyMap<string, string | undefined>): string[] {
  const way: string[] = [];
  for (let at: string | undefined = end; at !== undefined; at = from.get(at)) way.push(at);
  return way.toReversed();
}
