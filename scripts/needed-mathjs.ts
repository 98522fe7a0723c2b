import type { Plugin } from "esbuild";
import { neededFactories } from "../src/math/factories.ts";

/** Leave out of the bundle what of mathjs no expression can come to: its manual and its algebra. */
export function neededMathjs(): Plugin {
  return {
    name: "needed-mathjs",
    setup(build) {
      build.onLoad({ filter: /mathjs[\\/]lib[\\/]esm[\\/]entry[\\/]allFactoriesAny\.js$/ }, () => {
        const names = Object.keys(neededFactories).join(", ");
        return { contents: `import { ${names} } from "../factoriesAny.js";\nexport const all = { ${names} };` };
      });
    },
  };
}
