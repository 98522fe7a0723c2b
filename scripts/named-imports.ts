import { isAbsolute } from "node:path";
import type { Plugin } from "esbuild";

const namespace = "named-imports";

/**
 * Give `await import("package")` the same names in the bundle as when Node runs the source. Where the package is
 * CommonJS, Node finds its names by reading it, but a bundled chunk would export `default` and nothing else.
 */
export function namedImports(): Plugin {
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: /^[^.]/ }, ({ path, kind, importer, resolveDir }) => {
        const ours = kind === "dynamic-import" && !importer.includes("node_modules");
        if (!ours || path.startsWith("node:") || isAbsolute(path)) return undefined;
        if (build.initialOptions.external?.includes(path) === true) return undefined;
        return { path: `${path}.mjs`, namespace, pluginData: { path, resolveDir } };
      });
      build.onLoad({ filter: /./, namespace }, async ({ pluginData }) => {
        const { path, resolveDir } = pluginData as { path: string; resolveDir: string };
        const names = Object.keys((await import(path)) as object).filter((name) => name !== "module.exports");
        return { contents: `export { ${names.join(", ")} } from ${JSON.stringify(path)};`, resolveDir };
      });
    },
  };
}
