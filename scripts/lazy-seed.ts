import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const eager = "nodecrypto = require('crypto')";
const lazy = "nodecrypto = { randomBytes: (size) => require('crypto').randomBytes(size) }";

/**
 * Let seedrandom load `node:crypto` for the first seed that is not given. mathjs brings it, and gives it one: to load it
 * takes a tenth of the time from the start of the process for expressions to its first answer.
 */
export function lazySeed(): Plugin {
  return {
    name: "lazy-seed",
    setup(build) {
      build.onLoad({ filter: /seedrandom[\\/]seedrandom\.js$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        if (source.split(eager).length !== 2) throw new Error(`${path} loads node:crypto in another way than it did`);
        return { contents: source.replace(eager, () => lazy), loader: "js" };
      });
    },
  };
}
