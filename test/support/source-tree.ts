import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";

/** The TypeScript files of a folder by their path in it, with `/` between folders. */
export type SourceTree = ReadonlyMap<string, SourceFile>;

export interface SourceFile {
  text: string;
  imports: Import[];
}

export interface Import {
  /** Path in the tree of the file that is imported, or the specifier of a package. */
  target: string;
  kind: "file" | "package";
  /** How it is written: `type` leaves no trace at run time, `dynamic` is loaded when it is reached. */
  how: "static" | "type" | "dynamic" | "re-export";
}

export async function readSourceTree(folder: string): Promise<SourceTree> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return sourceTree(Object.fromEntries(names.map((name, index) => [name.replaceAll("\\", "/"), texts[index] ?? ""])));
}

export function sourceTree(texts: Record<string, string>): SourceTree {
  return new Map(Object.entries(texts).map(([path, text]) => [path, { text, imports: importsOf(path, text) }]));
}

/** What runs when `path` is loaded: the file itself and all that it imports statically, directly or not. */
export function loadedWith(tree: SourceTree, path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { kind, how, target } of tree.get(path)?.imports ?? []) {
    if (kind === "file" && (how === "static" || how === "re-export")) loadedWith(tree, target, seen);
  }
  return seen;
}

/** The text without comments, so that an example in one is not taken for code. */
export function codeOf({ text }: SourceFile): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "").replaceAll(/(?:^|\s)\/\/.*$/gm, "");
}

const statement =
  /^(import|export)\s+(type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}\s*|\*(?:\s+as\s+[\w$]+)?\s*)?from\s*"([^"]+)"/gm;
const bareImport = /^import\s*"([^"]+)"/gm;
const importCall = /(\btypeof\s+)?\bimport\(\s*"([^"]+)"/g;

function importsOf(path: string, text: string): Import[] {
  const code = codeOf({ text, imports: [] });
  const found: [specifier: string, how: Import["how"]][] = [
    ...[...code.matchAll(statement)].map(([, verb, type, specifier = ""]): [string, Import["how"]] => {
      return [specifier, verb === "export" ? "re-export" : type === undefined ? "static" : "type"];
    }),
    ...[...code.matchAll(bareImport)].map(([, specifier = ""]): [string, Import["how"]] => [specifier, "static"]),
    ...[...code.matchAll(importCall)].map(([, type, specifier = ""]): [string, Import["how"]] => {
      return [specifier, type === undefined ? "dynamic" : "type"];
    }),
  ];
  return found.map(([specifier, how]) => {
    if (!specifier.startsWith(".")) return { target: specifier, kind: "package", how };
    return { target: posix.join(posix.dirname(path), specifier), kind: "file", how };
  });
}
