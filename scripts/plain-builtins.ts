import { isBuiltin } from "node:module";

/**
 * Let a bundled file take Node's own modules by `process.getBuiltinModule` and not by `import`, which reads every export
 * of one, asked for or not: those that Node loads lazily are loaded then. `import "node:http"` takes 16 ms, because one of
 * its exports is WebSocket; so taken it is 2 ms, and `node:fs` and `node:util` nothing where it was 4.
 */
export function plainBuiltins(text: string): string {
  const taken: string[] = [];
  const rest = text.replace(
    /^import (?:(\{[^}]*\})|\* as ([\w$]+)|([\w$]+)(?:, (\{[^}]*\}))?) from "([\w:/]+)";\n/gm,
    (statement: string, ...[names, all, byDefault, besides, specifier]: (string | undefined)[]) => {
      if (specifier === undefined || !isBuiltin(specifier)) return statement;
      const module = `globalThis.process.getBuiltinModule("${specifier}")`;
      for (const target of [names, all, byDefault, besides]) {
        if (target !== undefined) taken.push(`const ${target.replace(/ as /g, ": ")} = ${module};\n`);
      }
      return "";
    },
  );
  const left = /^import [^;]* from "node:[^"]*"/m.exec(rest)?.[0];
  if (left !== undefined) throw new Error(`\`${left}\` is written in another way than esbuild's`);
  return taken.join("") + rest;
}
