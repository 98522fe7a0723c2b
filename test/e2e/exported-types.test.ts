import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const types = fileURLToPath(new URL("../../dist/types", import.meta.url));

/** A declaration: the module it is in, and its name there. */
interface Place {
  module: string;
  name: string;
}

/** What axoner's own tools call. It is handed on whole; what it is made of is no part of the library. */
const opaque = "Services";

const texts = new Map<string, string>();

function textOf(module: string): string {
  const text = texts.get(module) ?? readFileSync(module, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  texts.set(module, text);
  return text;
}

/** What a module takes from another of the package, or hands on, by the name it has here. */
function linksOf(module: string): Map<string, Place> {
  const links = new Map<string, Place>();
  for (const [, names = "", from = ""] of textOf(module).matchAll(
    /(?:import|export)[^;{]*\{([^}]*)\} from "(\.[^"]*)"/g,
  )) {
    for (const part of names.split(",").map((name) => name.trim().replace(/^type /, ""))) {
      if (part === "") continue;
      const [name = "", local = name] = part.split(" as ");
      const target = join(dirname(module), from.replace(/\.(js|ts)$/, ".d.ts"));
      links.set(local, { module: target, name });
    }
  }
  return links;
}

/** The text of a declaration, up to the next one. */
function declarationOf({ module, name }: Place): string | undefined {
  const found = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) ${name}\\b`,
    "m",
  );
  const text = textOf(module);
  const at = text.search(found);
  if (at === -1) return undefined;
  const rest = text.slice(at + 1);
  const end = rest.search(/^(?:export |declare |interface |type |import )/m);
  return end === -1 ? rest : rest.slice(0, end);
}

/** Names of the package's own types that what an entry exports is made of, and that neither it nor the main one exports. */
function missingOf(entry: string): string[] {
  const exported = linksOf(join(types, entry));
  const keyOf = (place: Place) => `${place.module} ${place.name}`;
  const known = new Set([...linksOf(join(types, "index.d.ts")).values(), ...exported.values()].map(keyOf));
  const missing = new Set<string>();
  const waiting = [...exported.values()];
  const seen = new Set<string>();
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (seen.has(keyOf(place))) continue;
    seen.add(keyOf(place));
    if (place.name === opaque) continue;
    const onward = linksOf(place.module);
    for (const [name] of (declarationOf(place) ?? "").matchAll(/\b[A-Z]\w*/g)) {
      const next = onward.get(name) ?? { module: place.module, name };
      if (declarationOf(next) === undefined) continue;
      if (!known.has(keyOf(next))) missing.add(`${next.name} of ${next.module.slice(types.length + 1)}`);
      waiting.push(next);
    }
  }
  return [...missing].toSorted((a, b) => a.localeCompare(b));
}

test.each(["index.d.ts", "testing.d.ts"])("what %s exports is made of types that are exported too", (entry) => {
  expect(missingOf(entry)).toEqual([]);
});
