import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/** Leave zod's messages in other languages out of the bundle: they are half of it, and are read at every start. */
export function englishOnly(): Plugin {
  return {
    name: "english-only",
    setup(build) {
      build.onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ importer }) =>
        /[\\/]zod[\\/]v4[\\/]/.test(importer) ? { path: join(dirname(importer), "../locales/en.js") } : undefined,
      );
    },
  };
}
