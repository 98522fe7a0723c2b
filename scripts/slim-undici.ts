import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const tellsApi = "Object.assign(Dispatcher.prototype, api)";

/** All that is used of undici here: `src` imports nothing else of it, and what it does not find it would not have. */
const slim = `
const Dispatcher = require("./lib/dispatcher/dispatcher");
Object.assign(Dispatcher.prototype, require("./lib/api"));
module.exports = {
  Dispatcher,
  Agent: require("./lib/dispatcher/agent"),
  get ProxyAgent() {
    return require("./lib/dispatcher/proxy-agent");
  },
};
`;

/**
 * Leave out of undici its fetch, sockets, caches and mocks, which are two thirds of it: to load and run all of it takes as
 * long as Node takes to start, and the first page waits for it.
 */
export function slimUndici(): Plugin {
  return {
    name: "slim-undici",
    setup(build) {
      build.onLoad({ filter: /undici[\\/]index\.js$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        if (!source.includes(tellsApi)) throw new Error(`${path} puts undici together in another way than it did`);
        return { contents: slim, loader: "js" };
      });
    },
  };
}
